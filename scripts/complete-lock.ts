/**
 * Completes package-lock.json: adds the optional packages for other platforms that `npm install` leaves out when the
 * registry in use does not hold them. `npm ci` refuses a lock file without them ("Missing: ... from lock file") on
 * every machine, even where it would never install them. Run `node scripts/complete-lock.ts` after each
 * `npm install` that changes the lock file; with `--check` it only says what is missing (part of `npm run check`).
 */
import fs from 'node:fs';

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

/** The part of package-lock.json that matters here: installed places by path. */
export interface Lock {
  packages: Record<string, LockEntry>;
}

const SYSTEMS = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(
  ' ',
);
const CPUS = 'arm64 arm ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(' ');

/** Whether the package at `from` finds `name` in its own node_modules or one further up. */
function resolves(lock: Lock, from: string, name: string): boolean {
  for (let folder = from; ;) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
    folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$|^packages\/[^/]+$/, '');
  }
}

/** The platform that such a package is for, read from its name (`@scope/binding-linux-x64-musl`). */
function platformOf(name: string): LockEntry {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.find((word) => words.includes(word));
  const cpu = CPUS.find((word) => words.includes(word));
  const musl = words.some((word) => word.startsWith('musl'));
  return {
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(os === undefined ? {} : { os: [os] }),
    ...(os === 'linux' ? { libc: [musl ? 'musl' : 'glibc'] } : {}),
  };
}

/**
 * The entries that the lock file lacks, by place. A package whose name tells no platform, or that is asked for by
 * a range instead of one version, is left out: an entry for it would be a guess.
 */
export function missingEntries(lock: Lock): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {};
  for (const [from, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) || !platform.cpu) continue;
      if (resolves(lock, from, name)) continue;
      const rest = { ...platform, ...(entry.dev === true ? { dev: true } : {}), optional: true };
      // The order of keys that npm writes: the version, then the alphabet.
      const sorted = Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en'));
      missing[`node_modules/${name}`] = { version, ...Object.fromEntries(sorted) };
    }
  }
  return missing;
}

if (import.meta.main) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(fs.readFileSync(file, 'utf8')) as Lock;
  const missing = missingEntries(lock);
  const names = Object.keys(missing);
  if (process.argv.includes('--check')) {
    for (const name of names) console.error(`package-lock.json: ${name} is missing`);
    if (names.length > 0)
      console.error('Run `node scripts/complete-lock.ts` and commit the lock file.');
    process.exitCode = names.length > 0 ? 1 : 0;
  } else if (names.length > 0) {
    const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) =>
      a.localeCompare(b, 'en'),
    );
    lock.packages = Object.fromEntries(sorted);
    fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`package-lock.json: added ${names.length} optional packages for other platforms`);
  }
}
