import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { AppError, createLog } from '../base/index.ts';
import type { Principal } from './principal.ts';
import { createHttpServer, type HttpServer, type Routes } from './server.ts';
import type { TrustOptions } from './trust.ts';

/** The host that the server under test believes it has; light requests name it. */
export const HOST = 'localhost:8081';
export const PRINCIPAL: Principal = {
  owner_id: '00000000-0000-0000-0000-000000000001',
  agent_id: '00000000-0000-0000-0000-000000000ddd',
  roles: ['emitter'],
};

export interface TestServer {
  readonly server: HttpServer;
  /** All lines that were logged, as text. */
  logged(): string;
}

/** The HTTP kit with routes of the test. The credential `good` is a principal, who may do all but `forbidden.action`. */
export async function openTestServer(
  routes: readonly Routes[],
  options: { trust?: TrustOptions; answers_page?: boolean } = {},
): Promise<TestServer> {
  let lines = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines += chunk.toString();
      done();
    },
  });
  const server = await createHttpServer(
    {
      version: '1.2.3',
      log: createLog('debug', destination),
      trust: options.trust ?? { is_local_only: true, origins: [] },
      async authenticate(request) {
        const { access_token } = request.query as { access_token?: string };
        if (request.headers.authorization === 'Bearer good' || access_token === 'good')
          return PRINCIPAL;
        throw new AppError('unauthenticated', 'no credential');
      },
      authorize(_, action) {
        if (action === 'forbidden.action') throw new AppError('forbidden', 'not that');
      },
      ...(options.answers_page
        ? { answerPage: (reply) => reply.type('text/html').send('<p>page</p>') }
        : {}),
    },
    routes,
  );
  onTestFinished(() => server.close());
  return { server, logged: () => lines };
}
