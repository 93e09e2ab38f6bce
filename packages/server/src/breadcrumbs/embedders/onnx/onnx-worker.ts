/**
 * The thread of the `onnx` embedder. The runtime computes on the thread that calls it, a batch may take a second, and
 * the main thread answers requests meanwhile.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../base/index.ts';
import { EmbedderError } from '../contract.ts';
import { loadEncoder, type Encoder } from './encoder.ts';
import type { WorkerFault, WorkerReply, WorkerRequest, WorkerStart } from './worker-messages.ts';

const port = parentPort;
if (port) {
  const { model, packages_folder } = workerData as WorkerStart;
  const reply = (message: WorkerReply) => port.postMessage(message);
  try {
    const encoder = await loadEncoder(model, packages_folder);
    const { fingerprint, max_tokens } = encoder;
    serve(encoder, reply);
    reply({ kind: 'ready', fingerprint, max_tokens });
  } catch (error) {
    reply({ kind: 'not_ready', fault: faultOf(error) });
    port.close();
  }
}

/** Works on one job at a time, in the order in which they came. */
function serve(encoder: Encoder, reply: (message: WorkerReply) => void): void {
  const waiting = new Map<number, readonly string[]>();
  let isWorking = false;

  async function work(): Promise<void> {
    if (isWorking) return;
    isWorking = true;
    for (;;) {
      const [next] = waiting;
      if (!next) break;
      const [job, texts] = next;
      waiting.delete(job);
      try {
        reply({ kind: 'encoded', job, rows: await encoder.encode(texts) });
      } catch (error) {
        reply({ kind: 'failed', job, fault: faultOf(error) });
      }
      // Requests that came meanwhile, above all to forget, are read between two jobs.
      await new Promise(setImmediate);
    }
    isWorking = false;
  }

  port?.on('message', (request: WorkerRequest) => {
    if (request.kind === 'forget') waiting.delete(request.job);
    else {
      waiting.set(request.job, request.texts);
      void work();
    }
  });
}

function faultOf(error: unknown): WorkerFault {
  if (error instanceof EmbedderError) {
    return { error_class: error.error_class, message: error.message };
  }
  return {
    error_class: 'invalid_request',
    message: `The model of the embedder failed: ${messageOf(error)}`,
  };
}
