import { SCHEMAS, TAGS, sessionTag } from '@cairn/protocol';
import { create } from '../api.ts';

/** An answer that takes longer than this does not come. */
const TURN_MS = 30_000;

/** Sends messages to agents and hears the answers in one stream. */
export class TurnClient {
  readonly #port: number;
  readonly #token: string;
  readonly #leave = new AbortController();
  /** By message. */
  readonly #waiting = new Map<string, () => void>();
  /** Answers that came before their message was known to be stored. */
  readonly #early = new Set<string>();
  #fault: Error | null = null;

  private constructor(port: number, token: string) {
    this.#port = port;
    this.#token = token;
  }

  static async open(port: number, token: string): Promise<TurnClient> {
    const client = new TurnClient(port, token);
    await client.#listen();
    return client;
  }

  /** Sends a message and gives the milliseconds until its answer was heard. */
  async takeTurn(conversation_id: string): Promise<number> {
    if (this.#fault) throw this.#fault;
    const began = performance.now();
    const { id } = await create(this.#port, this.#token, {
      title: 'Message',
      schema_name: SCHEMAS.user_message,
      tags: [TAGS.user_message, sessionTag(conversation_id)],
      context: { content: 'what does the echo say?', conversation_id },
    });
    if (this.#early.delete(id)) return performance.now() - began;
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${TURN_MS} ms`));
      const timer = setTimeout(late, TURN_MS);
      this.#waiting.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#waiting.delete(id);
    return performance.now() - began;
  }

  async close(): Promise<void> {
    this.#leave.abort();
  }

  async #listen(): Promise<void> {
    const query = `schema_name=${SCHEMAS.agent_response}`;
    const answer = await fetch(`http://127.0.0.1:${this.#port}/events/stream?${query}`, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: this.#leave.signal,
    });
    if (!answer.body) throw new Error(`the stream answered ${answer.status}`);
    void this.#read(answer.body).catch((error: unknown) => {
      if (!this.#leave.signal.aborted) this.#fault = error as Error;
    });
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of body) {
      const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) this.#hear(frame);
    }
  }

  #hear(frame: string): void {
    const line = frame.split('\n').find((each) => each.startsWith('data: '));
    const event = JSON.parse(line?.slice('data: '.length) ?? 'null') as {
      context?: { status?: string; content?: string; caused_by?: { trigger_id?: string } };
    } | null;
    const id = event?.context?.caused_by?.trigger_id;
    if (id === undefined) return;
    if (event?.context?.status !== 'completed')
      this.#fault = new Error(`a turn ended with: ${event?.context?.content}`);
    const resolve = this.#waiting.get(id);
    if (resolve) resolve();
    else this.#early.add(id);
  }
}
