/**
 * What our server is measured against. As `fastify`, Fastify of our version with one route that answers a text which is
 * ready from the start: no more than the framework itself. As `bare`, a socket that answers ready bytes without reading
 * the request: it shows how fast the generator can go.
 */
import fastify from 'fastify';
import net, { type AddressInfo } from 'node:net';

/** The first message; the port comes back. */
export interface ConstantServerOrder {
  readonly kind: 'fastify' | 'bare';
  readonly body: string;
}

async function serve({ kind, body }: ConstantServerOrder): Promise<number> {
  if (kind === 'fastify') {
    const server = fastify();
    server.get('/breadcrumbs/:id', (_request, reply) =>
      reply.header('content-type', 'application/json; charset=utf-8').send(body),
    );
    await server.listen({ port: 0, host: '127.0.0.1' });
    return (server.server.address() as AddressInfo).port;
  }
  const answer = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(answer));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

process.on('message', (order: ConstantServerOrder) => {
  void serve(order).then((port) => process.send?.(port));
});
