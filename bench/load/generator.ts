/** The process that makes load, so that it does not share an event loop with what it measures. Driven by messages. */
import type { Load, LoadOrder, LoadReport, LoadResult, StreamResult } from './contract.ts';
import { insertRows } from './insert-rows.ts';
import { sendRequests } from './send-requests.ts';
import { watchStreams } from './watch-streams.ts';

function run(load: Load): Promise<LoadResult | StreamResult> {
  if (load.task === 'http') return sendRequests(load);
  return load.task === 'insert' ? insertRows(load) : watchStreams(load);
}

async function report({ id, load }: LoadOrder): Promise<LoadReport> {
  try {
    return { id, result: await run(load) };
  } catch (error) {
    return { id, fault: (error as Error).message };
  }
}

process.on('message', (order: LoadOrder) => {
  void report(order).then((answer) => process.send?.(answer));
});
