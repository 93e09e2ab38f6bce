import { Agent, request } from 'node:http';

/** A request as it goes over the wire. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface HostileAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const ANSWER_BYTES = 2_000_000;

/** Sends requests over connections that are kept; of a stream it reads the first frame. */
export class Sender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #url: URL;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Rejects when the connection breaks before an answer came. */
  send({ method, path, headers, body }: HostileRequest): Promise<HostileAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.#agent,
          host: this.#url.hostname,
          port: this.#url.port,
          method,
          path,
          headers: {
            ...headers,
            ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          },
        },
        (answer) => {
          const type = String(answer.headers['content-type'] ?? '');
          let text = '';
          const end = () => resolve({ status: answer.statusCode ?? 0, type, text });
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            if (text.length < ANSWER_BYTES) text += chunk;
            if (!type.includes('event-stream')) return;
            end();
            answer.destroy();
          });
          answer.on('end', end).on('error', end);
        },
      );
      sent.on('error', reject);
      sent.end(body ?? undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
