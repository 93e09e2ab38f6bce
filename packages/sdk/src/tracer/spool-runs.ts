import type * as Fs from 'node:fs';
import type * as Os from 'node:os';
import type * as Path from 'node:path';
import { partialRun, type JournalEntry } from './build-run.ts';
import { builtinModule, nodeProcess, type NodeProcess } from './node-runtime.ts';

/** A run in the spool. */
export interface SpooledRun {
  readonly run_id: string;
  readonly path: string;
  readonly bytes: number;
  /** Whether parts of it may have reached the server already. */
  readonly is_incremental: boolean;
}

/** The records of a run that has not ended, one line of JSON each. Errors of the disk end the journal, not the run. */
export interface RunJournal {
  write(entry: JournalEntry): void;
  /** Removes it, because the whole run is safe or is not wanted. */
  discard(): void;
}

/** What the spool uses of Node. */
interface NodeParts {
  readonly fs: typeof Fs;
  readonly path: typeof Path;
  readonly process: NodeProcess;
  readonly host: string;
}

/** A folder whose process cannot be asked for is taken over after so long without a sign of life. */
const SILENCE_MS = 600_000;
const ALIVE = 'alive';

/**
 * Keeps runs on disk, so that a killed process loses none: another one sends them.
 *
 * Each process has a folder of its own in the spool, named after its host and number, and touches the file `alive` in it.
 * `<run_id>.json` is a run that has ended, `<run_id>.open` the journal of one that has not; `.inc` before these marks runs
 * that are reported in parts. Whoever finds the folder of a dead process renames it to one of its own, which only one
 * can do. Writes are not forced to the platter: they survive the death of the process, not of the machine's power.
 */
export class RunSpool {
  readonly #node: NodeParts;
  readonly #root: string;
  readonly #own: string;
  readonly #held = new Set<string>();
  readonly #log: (message: string) => void;

  /** @throws Error when the folder cannot be made, or this is not a Node that has what it takes. */
  constructor(root: string, log: (message: string) => void) {
    this.#node = nodeParts();
    this.#log = log;
    this.#root = this.#node.path.resolve(root);
    this.#own = this.#newFolder();
    this.#makeOwn();
  }

  /** Starts the journal of a run. @throws Error */
  openJournal(run_id: string, is_incremental: boolean): RunJournal {
    this.#makeOwn();
    const { fs, path } = this.#node;
    const file = path.join(this.#own, `${run_id}${is_incremental ? '.inc' : ''}.open`);
    let descriptor: number | null = fs.openSync(file, 'a', 0o600);
    const close = (): void => {
      if (descriptor !== null) fs.closeSync(descriptor);
      descriptor = null;
    };
    return {
      write: (entry) => {
        if (descriptor === null) return;
        try {
          fs.writeSync(descriptor, `${JSON.stringify(entry)}\n`);
        } catch (error) {
          this.#log(`The journal of a run cannot be written: ${String(error)}`);
          close();
        }
      },
      discard: () => {
        close();
        fs.rmSync(file, { force: true });
      },
    };
  }

  /** Stores a run that has ended, whole or not at all; gives its path. @throws Error */
  save(run_id: string, json: string, is_incremental: boolean): string {
    this.#makeOwn();
    const file = this.#node.path.join(this.#own, `${run_id}${is_incremental ? '.inc' : ''}.json`);
    this.#store(file, json);
    return file;
  }

  /** The JSON of a stored run. @throws Error */
  read(path: string): string {
    return this.#node.fs.readFileSync(path, 'utf8');
  }

  /** Forgets a run that was delivered or refused. */
  remove(path: string): void {
    try {
      this.#node.fs.rmSync(path, { force: true });
    } catch (error) {
      this.#log(`A delivered run stays in the spool and will be sent again: ${String(error)}`);
    }
  }

  /** Takes over the folders of dead processes. @throws Error */
  adopt(): SpooledRun[] {
    const { fs, path } = this.#node;
    const found: SpooledRun[] = [];
    for (const name of fs.readdirSync(this.#root)) {
      const folder = path.join(this.#root, name);
      if (this.#held.has(folder) || !this.#isDead(folder, name)) continue;
      const mine = this.#newFolder();
      try {
        fs.renameSync(folder, mine);
      } catch {
        continue; // Somebody else was faster.
      }
      this.#held.add(mine);
      this.touch();
      found.push(...this.#recover(mine));
    }
    return found;
  }

  /** The sign of life. */
  touch(): void {
    const { fs, path } = this.#node;
    for (const folder of this.#held) {
      try {
        fs.writeFileSync(path.join(folder, ALIVE), '');
      } catch (error) {
        this.#log(`The spool shows no sign of life: ${String(error)}`);
      }
    }
  }

  /** Removes the folders that hold no run. What is left in the others waits for somebody else. */
  close(): void {
    const { fs, path } = this.#node;
    for (const folder of this.#held) {
      try {
        if (fs.readdirSync(folder).some((name) => name !== ALIVE)) {
          // As of now nobody owns it.
          fs.utimesSync(path.join(folder, ALIVE), 0, 0);
        } else {
          fs.rmSync(folder, { recursive: true, force: true });
        }
      } catch (error) {
        this.#log(`A folder of the spool stays: ${String(error)}`);
      }
    }
    this.#held.clear();
  }

  #makeOwn(): void {
    if (this.#held.has(this.#own)) return;
    this.#node.fs.mkdirSync(this.#own, { recursive: true, mode: 0o700 });
    this.#held.add(this.#own);
    this.touch();
  }

  #newFolder(): string {
    const { path, process, host } = this.#node;
    const random = crypto.randomUUID().slice(0, 13);
    return path.join(this.#root, `${host}~${process.pid}~${random}`);
  }

  #isDead(folder: string, name: string): boolean {
    const { fs, path, process, host } = this.#node;
    const [, its_host, its_pid] = /^(.+)~(\d+)~[^~]+$/.exec(name) ?? [];
    if (its_host === undefined || its_pid === undefined) return false;
    const alive = fs.statSync(path.join(folder, ALIVE), { throwIfNoEntry: false });
    // A folder without the file is being made.
    if (alive === undefined) return false;
    const now = Date.now();
    if (now - alive.mtimeMs > SILENCE_MS) return true;
    if (its_host !== host) return false;
    // In a container every process has the number that the dead one had.
    if (Number(its_pid) === process.pid) return alive.mtimeMs < now - process.uptime() * 1_000;
    return !isRunning(process, Number(its_pid));
  }

  #recover(folder: string): SpooledRun[] {
    const { fs, path } = this.#node;
    for (const name of fs.readdirSync(folder)) {
      const file = path.join(folder, name);
      if (name.endsWith('.tmp')) fs.rmSync(file, { force: true });
      if (!name.endsWith('.open')) continue;
      const target = file.replace(/\.open$/, '.json');
      const run = fs.existsSync(target) ? null : partialRun(this.read(file).split('\n'));
      if (run !== null) this.#store(target, JSON.stringify(run));
      fs.rmSync(file, { force: true });
    }
    return fs
      .readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        const file = path.join(folder, name);
        const is_incremental = name.endsWith('.inc.json');
        const run_id = name.replace(/(\.inc)?\.json$/, '');
        return { run_id, path: file, bytes: fs.statSync(file).size, is_incremental };
      });
  }

  #store(file: string, json: string): void {
    const { fs } = this.#node;
    fs.writeFileSync(`${file}.tmp`, json, { mode: 0o600 });
    fs.renameSync(`${file}.tmp`, file);
  }
}

function isRunning(process: NodeProcess, pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not permitted means that it runs as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function nodeParts(): NodeParts {
  const process = nodeProcess();
  const fs = builtinModule<typeof Fs>('node:fs');
  const path = builtinModule<typeof Path>('node:path');
  const os = builtinModule<typeof Os>('node:os');
  if (process === null || fs === null || path === null || os === null) {
    throw new Error('a spool needs Node 20.16 or later');
  }
  return { fs, path, process, host: os.hostname().replaceAll(/[^A-Za-z0-9.-]/g, '_') || 'host' };
}
