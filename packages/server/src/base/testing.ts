import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A stretch of network between a client and a server, for tests of what happens when it breaks. */
export interface TestNetwork {
  /** The address of the server, by way of this network. */
  readonly url: string;
  /** Breaks every connection and every new one, until `mend`. */
  cut(): void;
  mend(): void;
  /** Resolves once so many attempts to connect have been broken since the cut. */
  refused(times: number): Promise<void>;
}

/** Puts a network that can be cut in front of the server at `url`. It is gone when the test has finished. */
export async function openTestNetwork(url: string, default_port: number): Promise<TestNetwork> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const refusals = new EventEmitter();
  let is_cut = false;
  let refused = 0;

  const server = createServer((incoming) => {
    incoming.on('error', () => {});
    if (is_cut) {
      incoming.destroy();
      refused++;
      refusals.emit('refused');
      return;
    }
    const outgoing = connect(Number(target.port || default_port), target.hostname);
    outgoing.on('error', () => {});
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  function cut(): void {
    is_cut = true;
    refused = 0;
    for (const socket of sockets) socket.destroy();
  }

  onTestFinished(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return {
    url: through.href,
    cut,
    mend() {
      is_cut = false;
    },
    async refused(times) {
      for (let missing = times - refused; missing > 0; missing = times - refused)
        await once(refusals, 'refused');
    },
  };
}
