import type { JsonAnswer, PostJson } from './post-json.ts';

/** A run that waits to be sent: what names it, and its JSON. */
export interface RunToSend<Name> {
  readonly name: Name;
  readonly json: string;
}

/** Told for each run: its name, the HTTP status, and what the server said of it. */
export type Settle<Name> = (name: Name, status: number, detail: string) => void;

/** The server cannot be reached or asks to come later. What was not settled is to be sent again. */
export class NotNow extends Error {
  override readonly name: string = 'NotNow';
  /** How long the server asks to wait, in milliseconds, or null. */
  readonly retry_after_ms: number | null;

  constructor(reason: string, retry_after_ms: number | null = null) {
    super(reason);
    this.retry_after_ms = retry_after_ms;
  }
}

/** A server that asks for more patience than this is asked again after this time. */
const LONGEST_RETRY_AFTER_MS = 300_000;

/** Sends runs, one request at a time, and tells of each what became of it. */
export class RunSender {
  readonly #post: PostJson;
  #has_batches = true;
  #may_pack = true;

  constructor(post: PostJson) {
    this.#post = post;
  }

  /** Sends runs and settles each. @throws NotNow when some must be sent again later. */
  async send<Name>(runs: readonly RunToSend<Name>[], settle: Settle<Name>): Promise<void> {
    if (runs.length > 1 && this.#has_batches) return this.#sendBatch(runs, settle);
    for (const run of runs) {
      const answer = await this.post('/v1/runs', run.json);
      settle(run.name, answer.status, summary(answer.text));
    }
  }

  /** One request. Answers that say "not now" are thrown. @throws NotNow */
  async post(path: string, json: string): Promise<JsonAnswer> {
    const packed = this.#may_pack;
    let answer: JsonAnswer;
    try {
      answer = await this.#post(path, json, packed);
      if (packed && answer.status === 415) {
        this.#may_pack = false;
        answer = await this.#post(path, json, false);
      }
    } catch (error) {
      throw new NotNow(error instanceof Error ? error.message : String(error));
    }
    if (isPassing(answer.status)) {
      const asked = answer.retry_after_ms;
      throw new NotNow(
        `HTTP ${answer.status}`,
        asked === null ? null : Math.min(asked, LONGEST_RETRY_AFTER_MS),
      );
    }
    return answer;
  }

  async #sendBatch<Name>(runs: readonly RunToSend<Name>[], settle: Settle<Name>): Promise<void> {
    const json = `{"runs":[${runs.map((run) => run.json).join(',')}]}`;
    const answer = await this.post('/v1/runs/batch', json);
    const is_good = answer.status >= 200 && answer.status < 300;
    const results = is_good ? readResults(answer.text, runs.length) : null;
    if (results === null) {
      // A server of the original platform knows whole runs only.
      if (is_good || answer.status === 404 || answer.status === 405) this.#has_batches = false;
      // Otherwise too large, or unreadable because of one: the halves tell which.
      const middle = runs.length >> 1;
      await this.send(runs.slice(0, middle), settle);
      return this.send(runs.slice(middle), settle);
    }
    let postponed = 0;
    for (const [at, result] of results.entries()) {
      const run = runs[at];
      if (run === undefined) continue;
      if (isPassing(result.status)) postponed += 1;
      else settle(run.name, result.status, result.error);
    }
    if (postponed > 0) throw new NotNow(`${postponed} runs were put off by the server`);
  }
}

/** The sentence of an error answer. */
export function summary(text: string): string {
  const body = readObject(text);
  const said = body?.['error'] ?? body?.['detail'] ?? body?.['title'];
  return (typeof said === 'string' ? said : JSON.stringify(said ?? '')).slice(0, 300);
}

/** Statuses after which the same request may succeed, also once somebody has mended a key or a permission. */
function isPassing(status: number): boolean {
  return [401, 403, 408, 425, 429].includes(status) || status >= 500;
}

function readResults(text: string, expected: number): { status: number; error: string }[] | null {
  const results = readObject(text)?.['results'];
  if (!Array.isArray(results) || results.length !== expected) return null;
  return results.map((each: unknown) => {
    const status: unknown = typeof each === 'object' && each ? Reflect.get(each, 'status') : null;
    const error: unknown = typeof each === 'object' && each ? Reflect.get(each, 'error') : null;
    const words = typeof error === 'string' ? error : JSON.stringify(error ?? '');
    return { status: typeof status === 'number' ? status : 500, error: words.slice(0, 300) };
  });
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
