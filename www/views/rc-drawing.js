// @ts-check
/**
 * A drawing of a residential complex that has no picture of its own: houses, windows, trees and a sky, all derived from its name, so
 * that the same complex looks the same to everyone and every day.
 */

/**
 * @typedef {{ tag: string, attributes: Record<string, string | number>, children?: Shape[] }} Shape an SVG element to be
 * @typedef {() => number} Random from 0 up to 1
 * @typedef {object} Palette
 * @property {[string, string]} sky from the top down
 * @property {string} sun
 * @property {string} far the houses behind
 * @property {string[]} walls
 * @property {string} shade laid over the walls that face away
 * @property {string} glass
 * @property {string} lit windows with light in them
 * @property {number} litShare how many are
 * @property {[string, string]} grass from the back to the front
 * @property {string} path
 * @property {string[]} trees
 */

export const WIDTH = 640;
export const HEIGHT = 400;

const GROUND = 318;
const STOREY = 17;

/** @type {Palette[]} */
const PALETTES = [
  {
    sky: ['#8fc1e0', '#e9f1ee'], sun: '#fff6dc', far: '#b9d0da', walls: ['#f4efe6', '#e6d5bf', '#d9c2a7', '#cfd8d8'],
    shade: '#2b3a4a', glass: '#7fa3b8', lit: '#fff3cf', litShare: 0.06, grass: ['#9dbb83', '#6f9a66'], path: '#efe6d4',
    trees: ['#5f8f5f', '#4b7d58', '#7fa565'],
  },
  {
    sky: ['#f0a777', '#fbe6c8'], sun: '#fff1c9', far: '#dba78c', walls: ['#f7e9d7', '#e9c3a1', '#d79a78', '#f0d9c0'],
    shade: '#5a2f3a', glass: '#93747a', lit: '#ffe2a0', litShare: 0.28, grass: ['#b3ad72', '#7f8a55'], path: '#f3dfc0',
    trees: ['#7c8c4c', '#a6873f', '#5f7a4e'],
  },
  {
    sky: ['#28335f', '#c98a94'], sun: '#ffd9b8', far: '#59557f', walls: ['#8d86a6', '#6f6f97', '#a3919f', '#5d668f'],
    shade: '#12183a', glass: '#3d4573', lit: '#ffd98a', litShare: 0.46, grass: ['#4a5a5e', '#2f4248'], path: '#8b8496',
    trees: ['#33504f', '#2a4346', '#456058'],
  },
  {
    sky: ['#6fa7a8', '#f3eddc'], sun: '#fffbe8', far: '#a9c5bd', walls: ['#faf6ec', '#c9d3c6', '#b7654b', '#e8dcc6'],
    shade: '#23403f', glass: '#6d9293', lit: '#ffedb8', litShare: 0.1, grass: ['#8fb58a', '#5d8f70'], path: '#efe7d2',
    trees: ['#4f8a6c', '#3f7560', '#86a86a'],
  },
];

/**
 * @param {string} name
 * @param {string} idPrefix keeps the gradients' ids apart when a page holds several drawings
 * @returns {Shape[]} to lie in a view box of WIDTH by HEIGHT
 */
export function drawComplex(name, idPrefix) {
  const random = seededRandom(hash(name));
  const palette = PALETTES[hash(`${name} light`) % PALETTES.length];
  return [
    gradients(palette, idPrefix),
    shape('rect', { width: WIDTH, height: HEIGHT, fill: `url(#${idPrefix}-sky)` }),
    ...sun(palette, random),
    ...skyline(palette, random),
    shape('rect', { y: GROUND, width: WIDTH, height: HEIGHT - GROUND, fill: `url(#${idPrefix}-grass)` }),
    ...houses(palette, random),
    ...garden(palette, random),
  ];
}

/** @param {string} text @returns {number} FNV-1a, 32 bits */
export function hash(text) {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return value >>> 0;
}

/** @param {number} seed @returns {Random} mulberry32 */
export function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {Shape[]} [children]
 * @returns {Shape}
 */
function shape(tag, attributes, children) {
  return { tag, attributes, children };
}

/** @param {Palette} palette @param {string} idPrefix */
function gradients({ sky, grass }, idPrefix) {
  /** @param {string} id @param {[string, string]} colours */
  const downwards = (id, colours) => shape('linearGradient', { id: `${idPrefix}-${id}`, x2: 0, y2: 1 }, [
    shape('stop', { offset: 0, 'stop-color': colours[0] }),
    shape('stop', { offset: 1, 'stop-color': colours[1] }),
  ]);
  return shape('defs', {}, [downwards('sky', sky), downwards('grass', grass)]);
}

/** @param {Palette} palette @param {Random} random */
function sun({ sun: fill }, random) {
  const cx = round(90 + random() * (WIDTH - 180));
  const cy = round(70 + random() * 70);
  return [54, 38, 26].map((r, layer) => shape('circle', { cx, cy, r, fill, opacity: [0.18, 0.3, 0.95][layer] }));
}

/** @param {Palette} palette @param {Random} random the town behind */
function skyline({ far }, random) {
  let path = `M0 ${GROUND}`;
  for (let x = 0; x < WIDTH; ) {
    const width = 26 + random() * 44;
    path += `V${round(GROUND - 40 - random() * 95)}h${round(width)}`;
    x += width;
  }
  return [shape('path', { d: `${path}V${GROUND}z`, fill: far, opacity: 0.75 })];
}

/** @param {Palette} palette @param {Random} random */
function houses(palette, random) {
  const count = 4 + Math.floor(random() * 2);
  const room = (WIDTH - 60) / count;
  const tallest = Math.floor(random() * count);
  const plans = Array.from({ length: count }, (_, index) => {
    const width = room * (0.66 + random() * 0.2);
    return {
      x: 30 + index * room + (room - width) / 2,
      width,
      storeys: Math.round(index === tallest ? 13 + random() * 2 : 5 + random() * 6),
      wall: palette.walls[Math.floor(random() * palette.walls.length)],
      sunk: random() * 10,
    };
  });
  // Those that stand nearer hide those behind.
  plans.sort((one, other) => one.sunk - other.sunk);
  return plans.flatMap((plan) => house(plan, palette, random));
}

/**
 * @param {{ x: number, width: number, storeys: number, wall: string, sunk: number }} plan
 * @param {Palette} palette
 * @param {Random} random
 */
function house({ x, width, storeys, wall, sunk }, palette, random) {
  const height = storeys * STOREY + 12;
  const bottom = GROUND + 6 + sunk;
  const top = bottom - height;
  const side = width * 0.24;
  const front = width - side;
  const slope = side * 0.32;
  const corner = x + front;
  const sideFace = `M${round(corner)} ${round(top)}l${round(side)} ${round(slope)}V${round(bottom - slope)}L${round(corner)} ${round(bottom)}z`;
  const shapes = [
    shape('ellipse', { cx: round(x + width / 2), cy: round(bottom), rx: round(width * 0.62), ry: 6, fill: palette.shade, opacity: 0.22 }),
    shape('rect', { x: round(x), y: round(top), width: round(front), height: round(height), fill: wall }),
    shape('path', { d: sideFace, fill: wall }),
    shape('path', { d: sideFace, fill: palette.shade, opacity: 0.34 }),
  ];

  const columns = Math.max(2, Math.round(front / 19));
  const step = front / columns;
  const paneWidth = step * 0.56;
  const balconyColumn = Math.floor(random() * columns);
  let dark = '';
  let lit = '';
  let balconies = '';
  for (let storey = 0; storey < storeys - 1; storey += 1) {
    const y = round(top + 11 + storey * STOREY);
    for (let column = 0; column < columns; column += 1) {
      const paneX = round(x + column * step + (step - paneWidth) / 2);
      const pane = `M${paneX} ${y}h${round(paneWidth)}v9.5h${round(-paneWidth)}z`;
      if (random() < palette.litShare) lit += pane;
      else dark += pane;
      if (column === balconyColumn) balconies += `M${round(paneX - 3)} ${round(y + 7)}h${round(paneWidth + 6)}v4.5h${round(-paneWidth - 6)}z`;
    }
  }
  shapes.push(shape('path', { d: dark, fill: palette.glass }));
  if (lit) shapes.push(shape('path', { d: lit, fill: palette.lit }));
  shapes.push(shape('path', { d: balconies, fill: palette.shade, opacity: 0.28 }));
  shapes.push(...sideWindows(corner, top, side, slope, storeys, palette));
  shapes.push(...roof(x, top, front, wall, palette, random));
  // The ground floor: a glazed entrance under a canopy.
  const doorX = round(x + front * (0.3 + random() * 0.3));
  shapes.push(
    shape('rect', { x: doorX, y: round(bottom - 15), width: 13, height: 15, fill: palette.lit, opacity: 0.9 }),
    shape('rect', { x: round(doorX - 4), y: round(bottom - 18), width: 21, height: 3, fill: palette.shade, opacity: 0.6 }),
  );
  return shapes;
}

/**
 * @param {number} corner
 * @param {number} top
 * @param {number} side
 * @param {number} slope
 * @param {number} storeys
 * @param {Palette} palette
 */
function sideWindows(corner, top, side, slope, storeys, palette) {
  let panes = '';
  for (let storey = 0; storey < storeys - 1; storey += 1) {
    // The lines of the side face run together: down at the top of the house, up at its foot.
    const tilt = slope * (1 - (2 * (storey + 0.6)) / storeys);
    const y = top + 11 + storey * STOREY;
    panes += `M${round(corner + side * 0.3)} ${round(y + tilt * 0.3)}l${round(side * 0.42)} ${round(tilt * 0.42)}v8.5l${round(-side * 0.42)} ${round(-tilt * 0.42)}z`;
  }
  return [shape('path', { d: panes, fill: palette.glass, opacity: 0.75 })];
}

/**
 * @param {number} x
 * @param {number} top
 * @param {number} front
 * @param {string} wall
 * @param {Palette} palette
 * @param {Random} random
 */
function roof(x, top, front, wall, palette, random) {
  const eaves = shape('rect', { x: round(x - 2), y: round(top - 3), width: round(front + 2), height: 4, fill: palette.shade, opacity: 0.5 });
  if (random() < 0.5) {
    const width = front * 0.4;
    const left = round(x + front * 0.2);
    return [
      shape('rect', { x: left, y: round(top - 15), width: round(width), height: 12, fill: wall }),
      shape('rect', { x: left, y: round(top - 15), width: round(width), height: 12, fill: palette.shade, opacity: 0.18 }),
      eaves,
    ];
  }
  const bushes = [0.18, 0.4, 0.62].map((share) =>
    shape('circle', { cx: round(x + front * share), cy: round(top - 5), r: round(4 + random() * 3), fill: palette.trees[0] }));
  return [...bushes, eaves];
}

/** @param {Palette} palette @param {Random} random the path to the houses and the trees along it */
function garden(palette, random) {
  const bend = round(200 + random() * 240);
  const shapes = [
    shape('path', {
      d: `M${bend - 12} ${GROUND + 12}C${bend - 40} ${GROUND + 40} ${WIDTH / 2 + 30} ${GROUND + 44} ${WIDTH / 2 - 90} ${HEIGHT}H${WIDTH / 2 + 60}C${WIDTH / 2 + 110} ${GROUND + 50} ${bend + 30} ${GROUND + 38} ${bend + 10} ${GROUND + 12}z`,
      fill: palette.path,
      opacity: 0.9,
    }),
  ];
  const trees = Array.from({ length: 9 }, (_, index) => ({
    x: 16 + index * ((WIDTH - 32) / 8) + (random() - 0.5) * 34,
    y: GROUND + 14 + random() * 58,
    size: 0.75 + random() * 0.6,
    fill: palette.trees[Math.floor(random() * palette.trees.length)],
  }));
  trees.sort((one, other) => one.y - other.y);
  for (const { x, y, size, fill } of trees) shapes.push(...tree(x, y, size, fill, palette));
  return shapes;
}

/**
 * @param {number} x of its foot
 * @param {number} y of its foot
 * @param {number} size
 * @param {string} fill
 * @param {Palette} palette
 */
function tree(x, y, size, fill, palette) {
  const r = 15 * size;
  return [
    shape('ellipse', { cx: round(x + 3), cy: round(y), rx: round(r), ry: round(r * 0.22), fill: palette.shade, opacity: 0.25 }),
    shape('rect', { x: round(x - 1.5 * size), y: round(y - 18 * size), width: round(3 * size), height: round(18 * size), fill: palette.shade, opacity: 0.6 }),
    shape('circle', { cx: round(x), cy: round(y - 28 * size), r: round(r), fill }),
    shape('circle', { cx: round(x - r * 0.55), cy: round(y - 20 * size), r: round(r * 0.68), fill }),
    shape('circle', { cx: round(x + r * 0.6), cy: round(y - 21 * size), r: round(r * 0.64), fill }),
    shape('circle', { cx: round(x - r * 0.28), cy: round(y - 33 * size), r: round(r * 0.45), fill: '#ffffff', opacity: 0.13 }),
  ];
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
