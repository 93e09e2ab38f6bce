import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server got it. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly input: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  /** Resolves when the client has gone away or the response has ended. */
  readonly closed: Promise<void>;
}

/** What the server does with one request; `embed` answers as it should. */
export type Reply =
  | { readonly kind: 'embed'; readonly width?: number; readonly is_shuffled?: boolean }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'cut' };

/** A server on a loopback address that speaks OpenAI's embeddings. */
export interface FakeEmbeddingsServer extends AsyncDisposable {
  readonly base_url: string;
  readonly requests: readonly SeenRequest[];
  /** Resolves at the next request, with it. */
  nextRequest(): Promise<SeenRequest>;
}

/** Starts a server that asks `script` about each request. */
export async function startFakeEmbeddings(
  script: (request: SeenRequest, number: number) => Reply,
): Promise<FakeEmbeddingsServer> {
  const requests: SeenRequest[] = [];
  let expected = Promise.withResolvers<SeenRequest>();
  const server = createServer((request, response) => void receive(request, response));

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += String(piece);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const body = JSON.parse(text) as Record<string, unknown>;
    const input = body['input'] as string[];
    const seen = { url: request.url ?? '', headers: request.headers, input, body, closed };
    requests.push(seen);
    send(response, seen, script(seen, requests.length));
    expected.resolve(seen);
    expected = Promise.withResolvers();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    base_url: `http://127.0.0.1:${port}/v1`,
    requests,
    nextRequest: () => expected.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { input, body }: SeenRequest, reply: Reply): void {
  if (reply.kind === 'hang') return;
  if (reply.kind === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"data":[', () => response.destroy());
    return;
  }
  const json = { 'content-type': 'application/json' };
  if (reply.kind === 'answer') {
    response.writeHead(reply.status, { ...json, ...reply.headers });
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
    return;
  }
  const data = input.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: lettersVector(text, reply.width ?? 384),
  }));
  if (reply.is_shuffled) data.reverse();
  response.writeHead(200, json);
  response.end(JSON.stringify({ object: 'list', data, model: body['model'], usage: {} }));
}

/** A vector that depends on nothing but the text, is not of length 1, and points elsewhere for other letters. */
export function lettersVector(text: string, width = 384): number[] {
  const vector = Array.from({ length: width }, () => 0.01);
  for (let at = 0; at < text.length; at += 1) {
    const place = (text.charCodeAt(at) * 31 + (at % 7)) % width;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}
