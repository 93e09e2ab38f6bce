import type { FetchLike } from './contract.ts';

/** Bytes of one answer, or of one event of a stream: as much as one message of a process may have. */
const MESSAGE_BYTES_MAX = 10 * 1_048_576;
const NEWLINE = 10;

/** A `fetch` whose answers end with an error where one message of them is too long to be held. */
export function limitBody(fetch: FetchLike): FetchLike {
  return async (url, init) => {
    const answer = await fetch(url, init);
    if (!answer.body) return answer;
    const is_stream = answer.headers.get('content-type')?.includes('text/event-stream') === true;
    const { status, statusText, headers } = answer;
    return new Response(answer.body.pipeThrough(countBytes(is_stream)), {
      status,
      statusText,
      headers,
    });
  };
}

/** Lines of a stream count anew: it has no end, and an event's data is one line. */
function countBytes(is_stream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const last = is_stream ? chunk.lastIndexOf(NEWLINE) : -1;
      bytes = last >= 0 ? chunk.length - last - 1 : bytes + chunk.length;
      if (bytes > MESSAGE_BYTES_MAX)
        controller.error(new Error(`a message has more than ${MESSAGE_BYTES_MAX} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
