import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics, Service } from '../base/index.ts';
import type { Database } from '../db/index.ts';
import { assertHealthy, assertReady } from './system-routes.ts';

export interface MetricsListenerPorts {
  readonly metrics: Metrics;
  readonly db: Database;
  readonly port: number;
  readonly host: string;
}

/** A listener as a service, which knows its address once it listens. */
export interface MetricsListener extends Service {
  address(): string | null;
}

interface Answer {
  readonly status: number;
  readonly content_type: string;
  readonly text: string;
}

/**
 * Answers `/metrics`, `/health` and `/ready` in a process that has no API, for Prometheus and whoever restarts what is
 * not well. It asks for no token and answers nothing else.
 */
export function createMetricsListener(ports: MetricsListenerPorts): MetricsListener {
  let server: Server | null = null;
  return {
    name: 'metrics',
    address() {
      const bound = server?.address() as AddressInfo | null | undefined;
      return bound
        ? `http://${ports.host.includes(':') ? `[${ports.host}]` : ports.host}:${bound.port}`
        : null;
    },
    async start() {
      if (server) return;
      const starting = createServer({ requestTimeout: 10_000 }, (request, response) => {
        void answer(request.method ?? '', request.url ?? '', ports).then((given) => {
          response.writeHead(given.status, {
            'content-type': given.content_type,
            'x-content-type-options': 'nosniff',
          });
          response.end(request.method === 'HEAD' ? undefined : given.text);
        });
      });
      starting.listen(ports.port, ports.host);
      await once(starting, 'listening');
      server = starting;
    },
    async stop() {
      const stopping = server;
      server = null;
      if (!stopping) return;
      stopping.closeAllConnections();
      await new Promise((resolve) => stopping.close(resolve));
    },
  };
}

async function answer(method: string, url: string, ports: MetricsListenerPorts): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return asJson(405, { status: 'method not allowed' });
  switch (url.split('?')[0]) {
    case '/metrics': {
      const { text, content_type } = await ports.metrics.collect();
      return { status: 200, content_type, text };
    }
    case '/health':
      return check('healthy', () => assertHealthy(ports.db));
    case '/ready':
      return check('ready', () => assertReady(ports.db));
    default:
      return asJson(404, { status: 'not found' });
  }
}

async function check(status: string, assert: () => Promise<void>): Promise<Answer> {
  try {
    await assert();
    return asJson(200, { status });
  } catch (error) {
    return asJson(503, { status: (error as Error).message });
  }
}

function asJson(status: number, body: object): Answer {
  return { status, content_type: 'application/json', text: JSON.stringify(body) };
}
