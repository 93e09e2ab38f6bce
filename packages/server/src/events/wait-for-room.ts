import type { ServerResponse } from 'node:http';
import type { Clock } from '../base/index.ts';

/** How long a client may read nothing before it counts as too slow. */
const PATIENCE_MS = 30_000;

/** Resolves when the response takes more: with true when it does, with false when it is closed or that takes too long. */
export async function waitForRoom(response: ServerResponse, clock: Clock): Promise<boolean> {
  if (!response.writableNeedDrain) return !response.destroyed;
  return new Promise((resolve) => {
    const finish = (has_room: boolean) => {
      cancel();
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(has_room);
    };
    const onDrain = () => finish(true);
    const onClose = () => finish(false);
    const cancel = clock.after(PATIENCE_MS, onClose);
    response.on('drain', onDrain);
    response.on('close', onClose);
  });
}
