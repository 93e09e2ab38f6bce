import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { WireRun } from '../src/tracer/tracer-types.ts';

/** What the server does with a request: answers well, with this status, not at all, or by breaking the connection. */
export type RunServerMode = 'ok' | 'original' | 'unfit' | 'hang' | 'cut' | '401' | '429' | '500';

/** A request as the server saw it. */
export interface RunRequest {
  path: string;
  body: Record<string, unknown>;
  token: string | undefined;
  is_packed: boolean;
  at_ms: number;
}

/** A real HTTP server that stores runs as Cairn does, once for each run_id, whole or in parts. */
export interface RunServer extends AsyncDisposable {
  url: string;
  mode: RunServerMode;
  /** Sent with 429. */
  retry_after: string | null;
  requests: RunRequest[];
  runs: Map<string, WireRun>;
  repeats: string[];
  conflicts: string[];
  /** Loses the runs that have begun and not ended. */
  forget(): void;
  /** Resolves when the condition holds after a request. */
  until(condition: () => boolean): Promise<void>;
}

type Answer = { status: number; body: Record<string, unknown> };

/** Starts one. */
export async function startRunServer(mode: RunServerMode = 'ok'): Promise<RunServer> {
  const listeners = new Set<() => void>();
  const stored = new RunStore();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const path = request.url ?? '/';
      const token = request.headers.authorization;
      const is_packed = request.headers['content-encoding'] === 'gzip';
      self.requests.push({ path, body, token, is_packed, at_ms: performance.now() });
      handle(self, stored, path, body, response);
      for (const listener of listeners) listener();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const self: RunServer = {
    url: `http://127.0.0.1:${address.port}`,
    mode,
    retry_after: null,
    requests: [],
    runs: stored.runs,
    repeats: stored.repeats,
    conflicts: stored.conflicts,
    forget: () => stored.forget(),
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const is_packed = request.headers['content-encoding'] === 'gzip';
  return JSON.parse((is_packed ? gunzipSync(bytes) : bytes).toString()) as Record<string, unknown>;
}

function handle(
  server: RunServer,
  stored: RunStore,
  path: string,
  body: Record<string, unknown>,
  response: ServerResponse,
): void {
  const { mode } = server;
  if (mode === 'hang') return;
  if (mode === 'cut') return void response.destroy();
  const status = Number(mode);
  const answer =
    status > 0 ? { status, body: { error: 'not now' } } : route(stored, mode, path, body);
  const retry = answer.status === 429 && server.retry_after !== null;
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    ...(retry ? { 'retry-after': server.retry_after ?? '' } : {}),
  });
  response.end(JSON.stringify(answer.body));
}

function route(
  stored: RunStore,
  mode: RunServerMode,
  path: string,
  body: Record<string, unknown>,
): Answer {
  const [, run_id = '', part] = /^\/v1\/runs\/([0-9a-f-]{36})\/(steps|end)$/.exec(path) ?? [];
  if (path === '/v1/runs') return stored.whole(body as unknown as WireRun, mode);
  if (path === '/v1/runs/batch' && mode !== 'original') {
    const results = (body['runs'] as WireRun[]).map((run) => {
      const { status } = stored.whole(run, mode);
      return { run_id: run.run_id, status };
    });
    return { status: 200, body: { results } };
  }
  if (mode === 'original') return { status: 404, body: { detail: 'Not Found' } };
  if (path === '/v1/runs/start') return stored.start(body as unknown as WireRun);
  if (part === 'steps') return stored.steps(run_id, body as unknown as WireRun);
  if (part === 'end') return stored.end(run_id, body as unknown as WireRun);
  return { status: 404, body: { detail: 'Not Found' } };
}

class RunStore {
  readonly runs = new Map<string, WireRun>();
  readonly repeats: string[] = [];
  readonly conflicts: string[] = [];
  readonly #running = new Map<string, WireRun>();

  whole(run: WireRun, mode: RunServerMode): Answer {
    const { run_id } = run;
    const is_unfit =
      mode === 'unfit' && run.steps.some((each) => Object.keys(each.metadata).length);
    if (is_unfit) return { status: 422, body: { error: 'metadata' } };
    const known = this.runs.get(run_id);
    if (this.#running.has(run_id)) return this.#conflict(run_id);
    if (known === undefined) {
      this.runs.set(run_id, run);
      return { status: 201, body: { run_id } };
    }
    if (JSON.stringify(known) !== JSON.stringify(run)) return this.#conflict(run_id);
    this.repeats.push(run_id);
    return { status: 200, body: { run_id } };
  }

  start(header: WireRun): Answer {
    const { run_id } = header;
    if (this.#running.has(run_id) || this.runs.has(run_id)) return this.#conflict(run_id);
    this.#running.set(run_id, { ...header, steps: [], decisions: [], quality_signals: [] });
    return { status: 201, body: { run_id, status: 'running' } };
  }

  steps(run_id: string, more: WireRun): Answer {
    const run = this.#running.get(run_id);
    if (run === undefined) return this.#absent(run_id);
    const fresh = more.steps.filter((each) =>
      run.steps.every((had) => had.step_id !== each.step_id),
    );
    const { decisions = [], quality_signals = [] } = more;
    const steps = [...run.steps, ...fresh];
    const known = new Set(steps.map((each) => each.step_id));
    const is_linked = [...decisions, ...quality_signals].every(
      (each) => each.step_id === null || known.has(each.step_id),
    );
    if (!is_linked) return this.#conflict(run_id);
    this.#running.set(run_id, {
      ...run,
      steps,
      decisions: [...(run.decisions ?? []), ...decisions],
      quality_signals: [...(run.quality_signals ?? []), ...quality_signals],
    });
    return { status: 200, body: { run_id } };
  }

  end(run_id: string, end: WireRun): Answer {
    const run = this.#running.get(run_id);
    if (run === undefined) return this.#absent(run_id);
    this.#running.delete(run_id);
    this.runs.set(run_id, { ...run, ...end });
    return { status: 200, body: { run_id } };
  }

  forget(): void {
    this.#running.clear();
  }

  #absent(run_id: string): Answer {
    if (this.runs.has(run_id)) return this.#conflict(run_id);
    return { status: 404, body: { error: 'unknown run' } };
  }

  #conflict(run_id: string): Answer {
    this.conflicts.push(run_id);
    return { status: 409, body: { error: 'conflict' } };
  }
}
