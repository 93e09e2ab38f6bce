import type { Selector, StreamEvent } from '@cairn/protocol';
import { createParser } from 'eventsource-parser';
import { asConnectionError, CairnConnectionError, CairnError } from './errors.ts';
import { isPassing, retryDelay } from './retry.ts';
import { openResponse, type TokenSource, type Transport } from './send-request.ts';
import { pause } from './timing.ts';

/** What a stream is doing: trying to connect, connected, or waiting before the next try. */
export type StreamState = 'connecting' | 'open' | 'waiting';

/** An event as the client hands it on: everything but the pings, which only keep the connection honest. */
export type ReceivedEvent = Exclude<StreamEvent, { type: 'ping' }>;

/** What `streamEvents` is told. */
export interface StreamOptions {
  /** Which breadcrumbs; absent means all of the tenant that the caller may read. */
  selector?: Selector;
  /**
   * Types of events, such as `breadcrumb.created` or `agent.delta`. The server's default is `breadcrumb.updated` alone,
   * which a create sends as well.
   */
  types?: readonly StreamEvent['type'][];
  /** Continue after this sequence (the `seq` of the last event that was seen). Absent means from now on. */
  last_event_id?: number | string;
  /** Ends the stream, without an error. */
  signal?: AbortSignal;
  /** Called each time that the connection stands: from here on no event is missed. */
  on_open?: () => void;
  /** Called on each change of state; for the dot in the corner of a page. */
  on_state?: (state: StreamState) => void;
  /** After this many failures in a row the stream throws the last one. Absent means that it never gives up. */
  max_failures?: number;
}

/** A connection without a single byte for this long is dead: the server sends a ping every 5 s. */
const SILENCE_MS = 15_000;
/** A connection that held this long counts as a good one, and the next failure is the first again. */
const STEADY_MS = 5_000;
/** Characters of one frame: a breadcrumb of the largest size, with room to spare. */
const FRAME_CHARS = 8 * 1_048_576;
const BACKOFF = { base_ms: 500, max_ms: 15_000 };

/**
 * Live events over `GET /v1/events/stream`, read with `fetch` so that the token travels in a header.
 *
 * A lost connection is made again with backoff and continues where it stopped, so events come in order and none twice.
 * Where the server no longer keeps what was missed, a `resync` event comes instead: read your lists again. The same event
 * comes when a connection broke before its position was known.
 *
 * Nothing is read ahead of the consumer beyond one network chunk, so memory stays bounded; a consumer that stays behind
 * is cut off by the server (`closed`) and then continues by itself from its last event.
 *
 * Ends when the signal aborts. Throws on what trying again cannot mend (a selector that is refused, no permission).
 */
export async function* streamEvents(
  transport: Transport,
  tokens: TokenSource,
  options: StreamOptions,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const { signal, on_open, on_state, max_failures = Number.POSITIVE_INFINITY } = options;
  const { timing } = transport;
  let last_id = options.last_event_id === undefined ? null : String(options.last_event_id);
  let was_open = false;
  let failures = 0;
  for (;;) {
    if (signal?.aborted) return;
    on_state?.('connecting');
    let opened_at: number | null = null;
    let failure: Error | null = null;
    try {
      for await (const frame of readFrames(transport, tokens, streamRequest(options, last_id))) {
        if (opened_at === null) {
          opened_at = timing.now();
          on_state?.('open');
          on_open?.();
          if (was_open && last_id === null) yield lostPosition();
          was_open = true;
        }
        if (frame.id !== null) last_id = frame.id;
        if (frame.event.type === 'resync') last_id = String(frame.event.seq);
        if (frame.event.type !== 'ping') yield frame.event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const is_server_side = error instanceof CairnError && error.status >= 500;
      if (!isPassing(error) && !is_server_side) throw error;
      failure = asConnectionError(error, transport.base_url);
    }
    if (signal?.aborted) return;
    const was_steady = opened_at !== null && timing.now() - opened_at >= STEADY_MS;
    failures = was_steady ? 1 : failures + 1;
    if (failures > max_failures) {
      throw (
        failure ?? new CairnConnectionError(transport.base_url, 'the event stream keeps ending')
      );
    }
    on_state?.('waiting');
    const delay = retryDelay(failure, failures - 1, timing, BACKOFF) ?? BACKOFF.max_ms;
    await pause(timing, delay, signal);
  }
}

/** Sent on behalf of the server when only the client can know that events may be missing. */
function lostPosition(): ReceivedEvent {
  return { type: 'resync', seq: 0, reason: 'the connection broke before its position was known' };
}

interface StreamRequest {
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal | undefined;
}

function streamRequest(options: StreamOptions, last_id: string | null): StreamRequest {
  const query = new URLSearchParams();
  const { selector, types, signal } = options;
  if (selector && Object.keys(selector).length > 0) query.set('filters', JSON.stringify(selector));
  if (types && types.length > 0) query.set('types', types.join(','));
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (last_id !== null) headers['last-event-id'] = last_id;
  return { query, headers, signal };
}

interface Frame {
  readonly id: string | null;
  readonly event: StreamEvent;
}

/** The frames of one connection. Ends when the server ends it; throws when it breaks or falls silent. */
async function* readFrames(
  transport: Transport,
  tokens: TokenSource,
  request: StreamRequest,
): AsyncGenerator<Frame, void, undefined> {
  const attempt = new AbortController();
  const stop = (): void => attempt.abort(request.signal?.reason);
  request.signal?.addEventListener('abort', stop, { once: true });
  const silence = new CairnConnectionError(
    transport.base_url,
    `the event stream was silent for ${SILENCE_MS / 1_000} s`,
  );
  let cancel = (): void => {};
  const listen = (): void => {
    cancel = transport.timing.after(SILENCE_MS, () => attempt.abort(silence));
  };
  try {
    listen();
    const response = await openResponse(
      transport,
      {
        method: 'GET',
        path: '/v1/events/stream',
        query: request.query,
        headers: request.headers,
        signal: attempt.signal,
        retry: false,
      },
      tokens,
    );
    const body = eventBody(response, transport);
    const text = new TextDecoder();
    const queue: Frame[] = [];
    const parser = frameParser(transport, queue);
    for (;;) {
      // Only the wait for bytes is timed: a consumer that takes long over an event is not a dead connection.
      const chunk = await body.read();
      cancel();
      if (chunk.done) return;
      parser.feed(text.decode(chunk.value, { stream: true }));
      while (queue.length > 0) {
        const frame = queue.shift();
        if (frame) yield frame;
      }
      listen();
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    throw asConnectionError(
      attempt.signal.aborted ? attempt.signal.reason : error,
      transport.base_url,
    );
  } finally {
    cancel();
    request.signal?.removeEventListener('abort', stop);
    attempt.abort();
  }
}

function eventBody(
  response: Response,
  transport: Transport,
): ReadableStreamDefaultReader<Uint8Array> {
  const type = response.headers.get('content-type') ?? 'nothing';
  if (response.body === null || !type.startsWith('text/event-stream')) {
    throw new CairnError({
      code: 'unexpected_answer',
      status: response.status,
      detail: `${transport.base_url || 'The server'} answered the event stream with ${type} instead of text/event-stream. Is it a Cairn server?`,
    });
  }
  return response.body.getReader();
}

function frameParser(transport: Transport, queue: Frame[]): ReturnType<typeof createParser> {
  return createParser({
    maxBufferSize: FRAME_CHARS,
    onEvent(message) {
      queue.push({ id: message.id ?? null, event: parseEvent(message.data, transport) });
    },
    onError(error) {
      if (error.type !== 'max-buffer-size-exceeded') return;
      throw badFrame(transport, `longer than ${FRAME_CHARS} characters`);
    },
  });
}

function parseEvent(data: string, transport: Transport): StreamEvent {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw badFrame(transport, 'that is not JSON');
  }
  if (!isStreamEvent(value)) throw badFrame(transport, 'without a type');
  return value;
}

/** Looks at the discriminator only: the server validates its own frames. */
function isStreamEvent(value: unknown): value is StreamEvent {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  );
}

function badFrame(transport: Transport, what: string): CairnError {
  return new CairnError({
    code: 'unexpected_answer',
    status: 200,
    detail: `${transport.base_url || 'The server'} sent an event frame ${what}`,
  });
}
