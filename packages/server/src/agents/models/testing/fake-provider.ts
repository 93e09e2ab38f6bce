import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply, Wire } from './reply.ts';

/** A request as the fake provider got it. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
  /** Resolves when the client has gone away or the response has ended. */
  readonly closed: Promise<void>;
}

/** A provider on a loopback address, which answers requests with the replies it was given, in order. */
export interface FakeProvider extends AsyncDisposable {
  readonly base_url: string;
  readonly requests: readonly SeenRequest[];
}

/** Starts a fake provider. A request beyond the last reply is answered with 418, so that a test sees it. */
export async function startFakeProvider(
  wire: Wire,
  replies: readonly Reply[],
): Promise<FakeProvider> {
  const left = [...replies];
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void receive(request, response);
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += String(piece);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const body = JSON.parse(text) as Record<string, unknown>;
    requests.push({ url: request.url ?? '', headers: request.headers, body, closed });
    send(response, wire, left.shift());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    base_url: `http://127.0.0.1:${port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, wire: Wire, reply: Reply | undefined): void {
  if (reply === undefined || reply.kind === 'error') {
    const { status, code, message, headers } = reply ?? {
      status: 418,
      code: 'unexpected',
      message: 'One request more than the test expects',
      headers: {},
    };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(wire.errorBody(status, code, message)));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // One write for each chunk: the client sees pieces, as from a real provider.
  const write = (chunks: string[]) => chunks.forEach((chunk) => response.write(chunk));
  switch (reply.kind) {
    case 'answer':
      write(wire.answer(reply));
      response.end();
      return;
    case 'cut':
      // The text must leave before the socket dies, or there is nothing to cut.
      response.write(wire.opening(reply.text).join(''), () => response.destroy());
      return;
    case 'end_early':
      write(wire.opening(reply.text));
      response.end();
      return;
    case 'hang':
      response.flushHeaders();
      write(wire.opening(reply.text));
      return;
    case 'garbage':
      write([...wire.opening(reply.text), 'data: {"this is": not JSON\n\n']);
      response.end();
      return;
    case 'stream_error':
      write([...wire.opening(reply.text), wire.streamError(reply.code, reply.message)]);
      response.end();
  }
}
