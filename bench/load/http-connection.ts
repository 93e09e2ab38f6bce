import net from 'node:net';

/** An answer: its status, and the beginning of its text when the status is not a 2xx. */
export type OnAnswer = (status: number, fault: string | null) => void;

/**
 * A kept-alive HTTP/1.1 connection for load: takes requests as ready bytes, one at a time, and reads no more of an
 * answer than its status and length. Node's own client costs several times as much, and would be what is measured.
 */
export class HttpConnection {
  readonly #socket: net.Socket;
  readonly #onAnswer: OnAnswer;
  /** Bytes of a head that has not come whole yet. */
  #head: Buffer | null = null;
  /** Bytes of the body that are still to come. */
  #missing = 0;
  #status = 0;

  private constructor(socket: net.Socket, onAnswer: OnAnswer) {
    this.#socket = socket;
    this.#onAnswer = onAnswer;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => onAnswer(0, error.message));
  }

  static async open(port: number, onAnswer: OnAnswer): Promise<HttpConnection> {
    return new HttpConnection(await connect(port), onAnswer);
  }

  send(request: Uint8Array): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#missing -= chunk.length;
      if (this.#missing <= 0) this.#onAnswer(this.#status, null);
      return;
    }
    const data = this.#head ? Buffer.concat([this.#head, chunk]) : chunk;
    const head_end = data.indexOf('\r\n\r\n');
    if (head_end < 0) {
      this.#head = data;
      return;
    }
    this.#head = null;
    const head = data.toString('latin1', 0, head_end).toLowerCase();
    const at = head.indexOf('\r\ncontent-length: ');
    const status = Number(head.slice(9, 12));
    if (at < 0 || status < 200 || status > 299) {
      this.#onAnswer(status, data.toString('utf8').slice(0, 500));
      return;
    }
    this.#status = status;
    this.#missing = Number.parseInt(head.slice(at + 18), 10) - (data.length - head_end - 4);
    if (this.#missing <= 0) this.#onAnswer(status, null);
  }
}

/** Opens a socket to this machine that sends small packets at once. */
export function connect(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The bytes of a request. */
export function toRequest(
  method: string,
  path: string,
  { token, body }: { token?: string; body?: unknown } = {},
): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
}
