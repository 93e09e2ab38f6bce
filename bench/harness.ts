import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startPostgres, type RunningService } from '../scripts/service-processes.ts';
import { startPostgresWithVectorsAtHand } from '../scripts/vector-postgres.ts';
import type { BenchOptions } from './options.ts';
import { Generator, startServer, type ServerUnderTest } from './processes.ts';

/** What PostgreSQL was set to. */
export interface DatabaseSettings {
  readonly version: string;
  readonly fsync: string;
  readonly synchronous_commit: string;
  readonly shared_buffers: string;
}

/** One side of a comparison: measures once and gives the value. */
type Side = () => Promise<number>;

/** What figures measure with: a PostgreSQL with fresh databases, servers, a load generator, and turns. */
export class Bench {
  readonly options: BenchOptions;
  readonly settings: DatabaseSettings;
  readonly generator = new Generator();
  readonly #admin: Client;
  readonly #admin_url: URL;
  readonly #own: RunningService | null;
  readonly #is_given: boolean;
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-bench-'));
  readonly #databases: string[] = [];
  #template: string | null = null;

  private constructor(
    options: BenchOptions,
    admin: Client,
    url: URL,
    own: RunningService | null,
    is_given: boolean,
    settings: DatabaseSettings,
  ) {
    this.options = options;
    this.#admin = admin;
    this.#admin_url = url;
    this.#own = own;
    this.#is_given = is_given;
    this.settings = settings;
  }

  /** @throws ServiceUnavailable when no PostgreSQL was given and none can be started */
  static async open(options: BenchOptions, given_url: string | null): Promise<Bench> {
    const own = given_url === null ? await startPostgres() : null;
    return Bench.#connect(options, own, new URL(given_url ?? own?.url ?? ''), given_url !== null);
  }

  /**
   * Gives a bench whose databases can have vectors: this one, or one on a second PostgreSQL that is here already, to be
   * closed by whoever asked; null when there is none, or when the server was given and cannot.
   */
  async withVectors(): Promise<Bench | null> {
    const { rows } = await this.#admin.query(
      `select from pg_available_extensions where name = 'vector'`,
    );
    if (rows.length > 0) return this;
    const own = this.#is_given ? null : await startPostgresWithVectorsAtHand();
    return own === null ? null : Bench.#connect(this.options, own, new URL(own.url), false);
  }

  static async #connect(
    options: BenchOptions,
    own: RunningService | null,
    url: URL,
    is_given: boolean,
  ): Promise<Bench> {
    const admin = new Client({ connectionString: url.href });
    await admin.connect();
    const show = async (name: string) => {
      const { rows } = await admin.query<Record<string, string>>(`show ${name}`);
      return rows[0]?.[name] ?? 'unknown';
    };
    const settings = {
      version: await show('server_version'),
      fsync: await show('fsync'),
      synchronous_commit: await show('synchronous_commit'),
      shared_buffers: await show('shared_buffers'),
    };
    return new Bench(options, admin, url, own, is_given, settings);
  }

  /** Ends and removes all that was started and made. */
  async close(): Promise<void> {
    await this.generator.stop();
    for (const name of this.#databases)
      await this.#admin.query(`drop database if exists "${name}" with (force)`);
    await this.#admin.end();
    await this.#own?.stop();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A new database with the tables and the first records of a new installation. */
  async newDatabase(): Promise<string> {
    this.#template ??= await this.#makeTemplate();
    const url = this.databaseUrl(this.#template);
    return this.#create(`template "${new URL(url).pathname.slice(1)}"`);
  }

  /** A new database without anything in it. */
  newEmptyDatabase(): Promise<string> {
    return this.#create('');
  }

  private databaseUrl(name: string): string {
    const url = new URL(this.#admin_url);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** Starts the server under test on a database, with a data folder that all servers of this run share. */
  startServer(database_url: string): Promise<ServerUnderTest> {
    const { cpu_prof } = this.options;
    const profile = cpu_prof === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpu_prof}`];
    const environment = { DATABASE_URL: database_url, CAIRN_DATA_DIR: this.#folder };
    return startServer(environment, profile);
  }

  /** Runs statements on a database. */
  async withDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Tells how far the run is; not part of the results. */
  say(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }

  /** Measures both sides in turns, after a turn of each that does not count. Who goes first changes with each round. */
  async takeTurns(ours: Side, baseline: Side): Promise<{ ours: number[]; baseline: number[] }> {
    await ours();
    await baseline();
    const values = { ours: [] as number[], baseline: [] as number[] };
    for (let round = 0; round < this.options.rounds; round++) {
      if (round % 2 === 0) values.ours.push(await ours());
      values.baseline.push(await baseline());
      if (round % 2 === 1) values.ours.push(await ours());
      this.say(
        `round ${round + 1}: ${values.ours.at(-1)?.toPrecision(4)} against ${values.baseline.at(-1)?.toPrecision(4)}`,
      );
    }
    return values;
  }

  async #makeTemplate(): Promise<string> {
    const url = await this.#create('');
    const server = await this.startServer(url);
    await server.stop();
    return new URL(url).pathname.slice(1);
  }

  async #create(how: string): Promise<string> {
    const name = `cairn_bench_${process.pid}_${this.#databases.length}`;
    this.#databases.push(name);
    await this.#admin.query(`create database "${name}" ${how}`);
    return this.databaseUrl(name);
  }
}
