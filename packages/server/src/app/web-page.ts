import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import type { HttpServer } from '../http/index.ts';

const DIST = fileURLToPath(new URL('../../../web/dist/', import.meta.url));
const PAGE = join(DIST, 'index.html');

/** No script but our own files; styles may also stand in attributes, where components compute them. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the files of the built web page. */
export async function addWebPage(server: HttpServer): Promise<void> {
  if (!existsSync(DIST)) return;
  await server.register(fastifyStatic, {
    root: DIST,
    wildcard: true,
    schemaHide: true,
    setHeaders(reply, path) {
      reply.header('content-security-policy', POLICY);
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}

/** The page itself, for addresses that only its router knows. */
export function answerPage(reply: FastifyReply): FastifyReply | null {
  // The page may have been built, or removed, since the server started.
  return 'sendFile' in reply && existsSync(PAGE) ? reply.sendFile('index.html') : null;
}
