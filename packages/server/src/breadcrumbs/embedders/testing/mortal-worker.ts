/** A worker that answers as the encoder's does, dies at the text "die", and never answers "wait". */
import { parentPort } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest } from '../onnx/worker-messages.ts';

const reply = (message: WorkerReply) => parentPort?.postMessage(message);
parentPort?.on('message', (request: WorkerRequest) => {
  if (request.kind === 'forget') return;
  const { job, texts } = request;
  if (texts.includes('die')) process.exit(3);
  if (texts.includes('wait')) return;
  const fault = { error_class: 'invalid_request', message: 'It was too sad' } as const;
  if (texts.includes('fail')) reply({ kind: 'failed', job, fault });
  else reply({ kind: 'encoded', job, rows: texts.map((text) => [text.length]) });
});
reply({ kind: 'ready', fingerprint: '0123456789ab', max_tokens: 8 });
