import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog, startAll, stopAll } from '../base/index.ts';
import { createMemoryBus, createPostgresBus } from '../bus/index.ts';
import type { Database } from '../db/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import type { ModelGateway } from '../agents/index.ts';
import type { BuiltinTool } from '../tools/index.ts';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';

export interface TestProgram {
  readonly program: Program;
  readonly db: Database;
  /** Where it answers, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Sends a request as the principal of a token, JSON in and out. */
  request(
    method: string,
    path: string,
    options?: RequestOptions,
  ): Promise<{ status: number; headers: Headers; body: Json }>;
  /** A dev-mode token; `{}` is the person at the keyboard with all roles. */
  token(body?: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** An answer whose shape the test knows. */
export type Json = ReturnType<typeof JSON.parse>;

export interface RequestOptions {
  readonly token?: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

// Making a key takes a sixth of a start, so the programs of one worker share it. An empty setting makes one.
let signing_key: string | null = null;

function makeSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Starts the whole program on a free port and a database of the test's own, and stops it when the test has finished. */
export async function startTestProgram(
  options: {
    models?: ModelGateway;
    tools?: readonly BuiltinTool[];
    environment?: Record<string, string>;
    db?: Database;
  } = {},
): Promise<TestProgram> {
  const data_dir = await mkdtemp(join(tmpdir(), 'cairn-test-'));
  const db = options.db ?? (await openTestDatabase());
  const log = createLog('silent');
  const config = readConfig({
    CAIRN_DATA_DIR: data_dir,
    PORT: '0',
    JWT_PRIVATE_KEY_PEM: (signing_key ??= makeSigningKey()),
    ...options.environment,
  });
  const bus = db.capabilities.is_shared ? createPostgresBus(db, log) : createMemoryBus(log);
  const storage = { db, bus, close: () => bus.close() };
  const program = await compose(config, log, {
    storage,
    ...(options.models ? { models: options.models } : {}),
    ...(options.tools ? { tools: options.tools } : {}),
  });
  await startAll(program.services);
  let stopping: Promise<void> | null = null;
  const stop = () => (stopping ??= stopAll(program.services).finally(() => program.close()));
  onTestFinished(async () => {
    await stop();
    await rm(data_dir, { recursive: true, force: true });
  });
  const url = program.address() ?? '';
  const request: TestProgram['request'] = async (method, path, { token, json, headers } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    const is_json = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: is_json ? JSON.parse(text) : text,
    };
  };
  const token = async (body: Record<string, unknown> = {}) =>
    (await request('POST', '/auth/token', { json: body })).body.token as string;
  return { program, db, url, request, token, stop };
}
