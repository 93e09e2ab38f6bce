import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface WebhookReceiver {
  readonly url: string;
  /** The ids under which each breadcrumb came, and was taken. */
  readonly taken: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A receiver that has bad moments of its own: now and then it answers 500, or not at all. */
export async function receiveWebhooks(random: () => number): Promise<WebhookReceiver> {
  const taken = new Map<string, Set<string>>();
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        const mood = random();
        if (mood < 0.05) return request.socket.destroy();
        if (mood < 0.15) return response.writeHead(500).end();
        const { breadcrumb_id } = JSON.parse(body) as { breadcrumb_id: string };
        const ids = taken.get(breadcrumb_id) ?? new Set<string>();
        taken.set(breadcrumb_id, ids.add(String(request.headers['webhook-id'])));
        return response.end();
      },
      () => {},
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, taken };
}
