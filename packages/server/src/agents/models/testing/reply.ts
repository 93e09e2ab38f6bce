/** What a fake provider does with one request. */
export type Reply =
  | Answer
  | {
      kind: 'error';
      status: number;
      code: string;
      message: string;
      headers?: Record<string, string>;
    }
  /** Some text, then the socket is destroyed. */
  | { kind: 'cut'; text: string[] }
  /** Some text, then the response ends as if all were well. */
  | { kind: 'end_early'; text: string[] }
  /** Some text, then nothing more while the client waits. */
  | { kind: 'hang'; text: string[] }
  /** Some text, then a chunk that is not JSON. */
  | { kind: 'garbage'; text: string[] }
  /** Some text, then an error that is reported inside the stream. */
  | { kind: 'stream_error'; text: string[]; code: string; message: string };

export interface Answer {
  kind: 'answer';
  /** What the model thinks before it speaks. */
  reasoning?: string[];
  text?: string[];
  tool_calls?: { id: string; name: string; argument_pieces: string[] }[];
  finish?: 'stop' | 'tool_calls' | 'length';
  usage?: { input: number; output: number };
  /** Further fields of the usage, as this wire has them. */
  usage_more?: Record<string, unknown>;
}

/** How one provider puts replies on the wire. */
export interface Wire {
  /** The chunks of an answer, already framed. */
  answer(answer: Answer): string[];
  /** The opening and the text of an answer that is never finished. */
  opening(text: string[]): string[];
  /** The chunk that reports an error inside a stream. */
  streamError(code: string, message: string): string;
  /** The body of an error answer. */
  errorBody(status: number, code: string, message: string): unknown;
  /** The header that carries the key. */
  readonly authorization_header: string;
}

/** One server-sent event. */
export const sse = (data: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
