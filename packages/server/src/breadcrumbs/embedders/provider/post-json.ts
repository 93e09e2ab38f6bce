import { messageOf, type Clock } from '../../../base/index.ts';
import { EmbedderError } from '../contract.ts';
import { redact } from './classify-answer.ts';

/** Largest answer that is read: 2,048 embeddings of 384 numbers, or 64 of 4,096, with room to spare. */
const ANSWER_BYTES_MAX = 64 * 1_048_576;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly timeout_ms: number;
  /** Whose address it is, for people. */
  readonly server: string;
  readonly secrets: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Posts JSON and reads the whole answer, whatever its status. Redirects are not followed: the key is for this address.
 * @throws EmbedderError `timeout`, `unavailable`, `malformed_answer` for one that is too large, or `cancelled`
 */
export async function postJson(post: Post, clock: Clock, signal: AbortSignal): Promise<Answer> {
  const timeout = new AbortController();
  const cancel = clock.after(post.timeout_ms, () => timeout.abort());
  try {
    const response = await fetch(post.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...post.headers },
      body: JSON.stringify(post.body),
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    const body = await readBody(response, post.server);
    return { status: response.status, headers: response.headers, body };
  } catch (error) {
    if (error instanceof EmbedderError) throw error;
    if (signal.aborted) throw new EmbedderError('cancelled', 'The embedding was cancelled.');
    if (timeout.signal.aborted) {
      throw new EmbedderError(
        'timeout',
        `${post.server} did not answer within ${post.timeout_ms} ms.`,
      );
    }
    // The message of fetch is "fetch failed"; what failed stands in the cause.
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const said = redact(messageOf(reason), post.secrets);
    throw new EmbedderError('unavailable', `${post.server} could not be reached: ${said}`);
  } finally {
    cancel();
  }
}

async function readBody(response: Response, server: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX) {
      throw new EmbedderError(
        'malformed_answer',
        `${server} sent more than ${ANSWER_BYTES_MAX} bytes.`,
      );
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
