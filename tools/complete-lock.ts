import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Names in package-lock.json the packages of other platforms that the registry at hand did not serve. npm leaves them
 * out then, and `npm ci` refuses the file; named, they are skipped where they do not fit. Run after `npm install`:
 * node tools/complete-lock.ts
 */
export function completeLock(lock: Lock): readonly string[] {
  const added: string[] = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const at = `node_modules/${name}`;
      if (at in lock.packages || `${path}/${at}` in lock.packages) continue;
      lock.packages[at] = { version, ...platformOf(name), dev: true, optional: true };
      added.push(at);
    }
  }
  return added;
}

export interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string>; [key: string]: unknown }>;
}

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

/** `@biomejs/cli-linux-x64-musl` says what it is for. */
function platformOf(name: string): Readonly<Record<string, readonly string[]>> {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const libc = words.filter((word) => word.startsWith('musl')).map(() => 'musl');
  if (os.length === 0 || cpu.length === 0) throw new Error(`${name} does not say which platform it is for`);
  return { cpu, os, ...(libc.length === 0 ? {} : { libc }) };
}

if (import.meta.main) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const added = completeLock(lock);
  const inOrder = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  if (added.length > 0) {
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(inOrder) }, null, 2)}\n`);
  }
  for (const each of added) process.stdout.write(`${each}\n`);
}
