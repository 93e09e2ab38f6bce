import type { EmbedderConfig } from '../config.ts';
import { EMBEDDING_DIMENSIONS, EmbedderError } from '../contract.ts';
import type { EmbeddingModel, ModelPorts } from '../embedding-model.ts';
import { classifyAnswer, isTooLong } from './classify-answer.ts';
import { postJson, type Answer } from './post-json.ts';
import { readEmbeddings } from './read-embeddings.ts';
import { readRetryAfter } from './read-retry-after.ts';

/** Texts of one request, the most that OpenAI takes. */
const BATCH_MAX = 2_048;
/** About 2,000 tokens of English, 6,000 of Chinese: within the 8,192 of the usual models. */
const CHARS_MAX = 6_000;
/** A text that the model finds too long is halved until it fits, down to this. */
const CHARS_MIN = 200;
const FIRST_WAIT_MS = 500;
const LONGEST_BACKOFF_MS = 20_000;
/** A provider that asks for more is not waited for here: the queue can wait without holding a worker. */
const LONGEST_RETRY_AFTER_MS = 60_000;

interface Endpoint {
  readonly url: string;
  /** For people and for the embedder's name: host and path, never a password or a query. */
  readonly label: string;
  readonly server: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Either the rows, or the answer that found a text too long. */
interface Outcome {
  readonly rows: number[][];
  readonly too_long: Answer | null;
}

/**
 * Asks any server that speaks OpenAI's embeddings: `POST {base}/embeddings`. Nothing is sent before the first text.
 * @throws EmbedderError `not_configured`
 */
export function openProvider(config: EmbedderConfig, ports: ModelPorts): EmbeddingModel {
  const endpoint = endpointOf(config);
  const dimensions = config.provider_dimensions;

  async function ask(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const { rows, too_long } = await askPatiently(texts, signal);
    if (too_long === null) return rows;
    const [first = ''] = texts;
    if (texts.length > 1) {
      // One by one, so that a long text does not shorten its neighbours.
      for (const text of texts) rows.push(...(await ask([text], signal)));
      return rows;
    }
    if (first.length <= CHARS_MIN) throw faultOf(too_long);
    return ask([first.slice(0, Math.ceil(first.length / 2)).toWellFormed()], signal);
  }

  /** Tries again what may pass later. A text that is too long never will. */
  async function askPatiently(texts: readonly string[], signal: AbortSignal): Promise<Outcome> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await askOnce(texts, signal);
      } catch (error) {
        if (!(error instanceof EmbedderError) || signal.aborted) throw error;
        const wait_ms = waitBefore(attempt, error, ports.random);
        if (!error.is_retryable || attempt >= config.max_retries || wait_ms === null) throw error;
        const { error_class } = error;
        ports.log.debug({ error_class, wait_ms }, 'The embedding is tried again.');
        await ports.clock.sleep(wait_ms, signal);
      }
    }
  }

  async function askOnce(texts: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const asked = dimensions === 'request' ? { dimensions: EMBEDDING_DIMENSIONS } : {};
    const body = { model: endpoint.model, input: texts, encoding_format: 'float', ...asked };
    const post = { ...endpoint, body, timeout_ms: config.timeout_ms };
    const answer = await postJson(post, ports.clock, signal);
    if (answer.status >= 200 && answer.status < 300) {
      const rows = readEmbeddings(answer.body, texts.length, dimensions, endpoint.server);
      return { rows, too_long: null };
    }
    if (isTooLong(answer)) return { rows: [], too_long: answer };
    throw faultOf(answer);
  }

  function faultOf({ status, body, headers }: Answer): EmbedderError {
    const retry_after_ms = readRetryAfter(headers, ports.clock.now());
    return classifyAnswer({ ...endpoint, status, body, retry_after_ms });
  }

  return {
    name: `provider:${endpoint.label}:${endpoint.model}:${dimensions}`,
    sends_text_away: true,
    is_immediate: false,
    noise: -1,
    max_chars: CHARS_MAX,
    max_batch: BATCH_MAX,
    embedBatch: ask,
    async close() {},
  };
}

function endpointOf(config: EmbedderConfig): Endpoint {
  const { provider_base_url: base, provider_model: model } = config;
  const key = config.provider_api_key?.trim() ?? '';
  if (!base || !model) {
    throw notConfigured(
      `The embedder "provider" needs ${base ? 'a model' : 'a base URL'}. Set it, or choose "lexical".`,
    );
  }
  const url = URL.canParse(base) ? new URL(base) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw notConfigured('The base URL of the embedder is not an http or https address.');
  }
  if (/[^\x21-\x7e]/.test(key)) {
    throw notConfigured(
      'The key of the embedder holds a space, a line break or a letter that no key has.',
    );
  }
  const { host, search } = url;
  const path = url.pathname.replace(/\/+$/, '');
  const [user, password] = credentialsOf(url);
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const authorization = key ? `Bearer ${key}` : user || password ? `Basic ${basic}` : null;
  return {
    url: `${url.protocol}//${host}${path}/embeddings${search}`,
    label: `${host}${path}`,
    server: host,
    model,
    headers: authorization === null ? {} : { authorization },
    secrets: [key, password, url.password, search.slice(1)],
  };
}

function credentialsOf({ username, password }: URL): [string, string] {
  try {
    return [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    throw notConfigured(
      'The user or password in the base URL of the embedder is not encoded: write "%" as "%25".',
    );
  }
}

function notConfigured(message: string): EmbedderError {
  return new EmbedderError('not_configured', message);
}

/** Milliseconds before the next attempt: exponential with jitter, at least what the provider asked for; null is too long. */
function waitBefore(attempt: number, error: EmbedderError, random: () => number): number | null {
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_BACKOFF_MS);
  const asked = error.retry_after_ms ?? 0;
  if (asked > LONGEST_RETRY_AFTER_MS) return null;
  // Between half and the whole, so that many callers do not come back at one moment.
  return asked + Math.round(backoff * (0.5 + random() * 0.5));
}
