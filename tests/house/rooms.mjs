// @ts-check
// The rooms of the house: which folder may include what of which. ARCHITECTURE.md has the table, a row a room, from the ground up;
// a row names the rooms that its files may include, all of which stand above it in the table. This reads the table and the
// includes and says where they differ.
//
//   node tests/house/rooms.mjs [DIRECTORY]    one line a finding, then how many there are

import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Where rooms are, and what their files are called. */
const PLACES = [
  { top: 'common', files: /\.[ch]$/ },
  { top: 'fcgi', files: /\.[ch]$/ },
  { top: 'streamer', files: /\.[ch]$/ },
  { top: 'www', files: /\.js$/ },
];

const C_INCLUDE = /^\s*#\s*include\s+"([^"]+)"/;
// Static imports, those at run time, and the types that a comment takes from a module.
const JS_IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s*)(['"])([^'"]+)\1/g;

/**
 * @typedef {{name: string, line: number, may: string[]}} Room
 * @typedef {{from: string, line: number, to: string}} Include  from one file to another, at a line
 */

/** @returns {Room[]} the rows of all tables whose first column is headed «room» */
export function readTable(text) {
  const rooms = [];
  let inTable = false;
  text.split('\n').forEach((line, at) => {
    const cells = line.startsWith('|') ? line.split('|').slice(1, -1).map((cell) => cell.trim()) : null;
    if (!cells) inTable = false;
    else if (cells[0] === 'room') inTable = true;
    else if (inTable && !/^:?-+:?$/.test(cells[0])) {
      const words = (cell) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((word) => word[1]);
      rooms.push({ name: words(cells[0])[0] ?? cells[0], line: at + 1, may: words(cells.at(-1)) });
    }
  });
  // Neighbours are called by their last name.
  const names = new Set(rooms.map((room) => room.name));
  for (const room of rooms)
    room.may = room.may.map((word) => {
      const neighbour = join(dirname(room.name), word);
      return names.has(neighbour) ? neighbour : word;
    });
  return rooms;
}

function* walk(root, folder) {
  if (!existsSync(join(root, folder))) return;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(root, path);
    else yield path;
  }
}

function includesOf(root, path) {
  const includes = [];
  readFileSync(join(root, path), 'utf8').split('\n').forEach((text, at) => {
    const found = path.endsWith('.js')
      ? [...text.matchAll(JS_IMPORT)].map((match) => normalize(join(dirname(path), match[2])))
      : [text.match(C_INCLUDE)?.[1]].filter(Boolean);
    for (const to of found) includes.push({ from: path, line: at + 1, to });
  });
  return includes;
}

/**
 * The circles of a graph: its strongly connected parts with more than one node (Tarjan, «Depth-first search and linear graph
 * algorithms», 1972).
 * @param {Map<string, Set<string>>} graph
 */
export function circles(graph) {
  const index = new Map(), low = new Map(), stack = [], found = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) !== index.get(node)) return;
    const part = stack.splice(stack.indexOf(node));
    if (part.length > 1) found.push(part.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

function graphOf(includes, of) {
  const graph = new Map();
  for (const { from, to } of includes) {
    const [a, b] = [of(from), of(to)];
    if (!graph.has(a)) graph.set(a, new Set());
    if (a !== b) graph.get(a).add(b);
  }
  return graph;
}

function firstBetween(includes, of, part) {
  return includes.find(({ from, to }) => of(from) === part[0] && part.includes(of(to)) && of(to) !== part[0]);
}

/** @returns {{kind: string, text: string}[]} what is wrong with the house below `root`, by kind */
export function inspect(root) {
  const rooms = readTable(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));
  const place = new Map(rooms.map((room, at) => [room.name, at]));
  const files = PLACES.flatMap(({ top, files: ours }) => [...walk(root, top)].filter((path) => ours.test(path)));
  const includes = files.flatMap((path) => includesOf(root, path));
  const crossing = includes.filter(({ from, to }) => dirname(from) !== dirname(to) && place.has(dirname(from)) && place.has(dirname(to)));
  const findings = [];
  const find = (kind, text) => findings.push({ kind, text });

  for (const path of files) if (!place.has(dirname(path))) find('homeless', `${path}:1: is in no room`);
  const tests = new Set([...walk(root, 'tests/unit')].filter((path) => /\/test_[^/]+\.c$/.test(path)).map(dirname));
  for (const folder of tests)
    if (!place.has(folder.slice('tests/unit/'.length))) find('homeless', `${folder}: tests of no room`);

  for (const { from, line, to } of crossing) {
    const [room, other] = [dirname(from), dirname(to)];
    if (place.get(other) > place.get(room)) find('up', `${from}:${line}: ${room} includes ${to}, which stands on it`);
    else if (!rooms[place.get(room)].may.includes(other)) find('not allowed', `${from}:${line}: ${room} may not include ${to}`);
  }

  for (const part of circles(graphOf(crossing, dirname))) {
    const { from, line } = firstBetween(crossing, dirname, part);
    find('circle of rooms', `${from}:${line}: a circle: ${part.join(', ')}`);
  }
  // What files of one module share among themselves is a part of it.
  const module = (path) => path.replace(/(_internal)?\.[a-z]+$/, '');
  const known = new Set(files.map(module));
  const between = includes.filter(({ to }) => known.has(module(to)));
  for (const part of circles(graphOf(between, module))) {
    const { from, line } = firstBetween(between, module, part);
    find('circle of modules', `${from}:${line}: a circle: ${part.join(', ')}`);
  }

  rooms.forEach((room, at) => {
    const row = `ARCHITECTURE.md:${room.line}: ${room.name}`;
    if (!files.some((path) => dirname(path) === room.name)) find('idle row', `${row} has no files`);
    for (const other of room.may) {
      if (!place.has(other) || place.get(other) >= at) find('idle row', `${row} names ${other}, which is no room above it`);
      else if (!crossing.some(({ from, to }) => dirname(from) === room.name && dirname(to) === other))
        find('idle row', `${row} may include ${other}, and nothing in it does`);
    }
  });
  return findings;
}

if (process.argv[1] && import.meta.url === new URL(process.argv[1], 'file://').href) {
  const findings = inspect(process.argv[2] ?? '.');
  for (const { text } of findings) console.log(text);
  const kinds = ['up', 'circle of rooms', 'circle of modules', 'not allowed', 'homeless', 'idle row'];
  console.log(kinds.map((kind) => `${kind}: ${findings.filter((finding) => finding.kind === kind).length}`).join(', '));
  process.exitCode = findings.length ? 1 : 0;
}
