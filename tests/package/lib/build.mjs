// @ts-check
// The packages of one Debian, built there: in a kept root beside the one that they are tried in, with a compiler's cache.

import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { source, temporaryDirectory } from '../../system/lib/programs.mjs';
import { inRoot, KEPT, keptRoot, must } from './machine.mjs';

/** @typedef {import('../../system/lib/programs.mjs').Scope} Scope */

const TOOLS = ['build-essential', 'ccache', 'debhelper', 'lintian'];

/** What debian/control wants for building, as names. */
function buildDependencies() {
  const [, list] = readFileSync(join(source, 'debian/control'), 'utf8').match(/^Build-Depends:\n((?: .*\n)+)/m) ?? [];
  if (!list) throw new Error('debian/control has no Build-Depends');
  return list.split(',').map(entry => entry.trim().split(/[ (]/)[0]).filter(name => name && !name.startsWith('debhelper-'));
}

/** What git would commit. */
const ownFiles = () => must('git', ['ls-files', '-z', '-co', '--exclude-standard', '--deduplicate'], { cwd: source }).split('\0').filter(Boolean);

/**
 * Builds the tree as it is, and has lintian look at it.
 * @param {Scope} scope @param {string} suite
 * @returns {{ directory: string, complaints: string }} where the packages are, and what lintian says
 */
export function buildPackages(scope, suite) {
  const root = keptRoot(suite, [...TOOLS, ...buildDependencies()], 'build');
  const directory = temporaryDirectory(scope, 'packages');
  const cache = join(KEPT, `${suite}-ccache`);
  mkdirSync(cache, { recursive: true });
  for (const file of ownFiles()) cpSync(join(source, file), join(directory, 'vitrina', file));
  inRoot(root, ['--volatile=overlay', `--bind=${directory}:/build`, `--bind=${cache}:/ccache`], `
    export PATH=/usr/lib/ccache:$PATH CCACHE_DIR=/ccache DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)"
    cd /build/vitrina
    dpkg-buildpackage -us -uc -b >../build.log 2>&1 || { tail -n 60 ../build.log; exit 1; }
    lintian --allow-root ../*.changes >../lintian.log 2>&1 || true`);
  return { directory, complaints: readFileSync(join(directory, 'lintian.log'), 'utf8').trim() };
}

/** The packages themselves, without symbols for debuggers. @param {string} directory */
export const packagesIn = directory => readdirSync(directory).filter(name => /^vitrina-(?!.*dbgsym).*\.deb$/.test(name));

/** What they depend on, as names. @param {string} directory */
export function dependencies(directory) {
  const fields = packagesIn(directory).map(name => must('dpkg-deb', ['-f', join(directory, name), 'Depends']));
  const names = fields.join(',').split(',').map(entry => entry.trim().split(/[ |(]/)[0]);
  return [...new Set(names)].filter(name => name && !name.startsWith('vitrina-') && !['libc6', 'systemd'].includes(name));
}

/** The same with a higher version, in a directory beside: what one upgrades to. @param {string} directory */
export function nextVersion(directory) {
  const next = join(directory, 'next');
  mkdirSync(next);
  for (const name of packagesIn(directory)) {
    const tree = join(next, 'tree');
    must('sh', ['-ec', `
      dpkg-deb -R ${join(directory, name)} ${tree}
      sed -i 's/^Version: .*/&+next/' ${tree}/DEBIAN/control
      dpkg-deb --root-owner-group -Znone -b ${tree} ${join(next, name)} >/dev/null
      rm -r ${tree}`]);
  }
  return next;
}
