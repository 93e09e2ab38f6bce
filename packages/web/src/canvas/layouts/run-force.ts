import type { LayoutInput, Positions } from './layout.ts';

/** Computes the force layout beside the page. Rejects with the reason of `signal`, or when the worker fails. */
export function runForce(input: LayoutInput, signal: AbortSignal): Promise<Positions> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./force-worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => {
      worker.terminate();
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<Positions>) => {
      end();
      resolve(data);
    });
    worker.addEventListener('error', () => {
      end();
      reject(new Error('the layout could not be computed'));
    });
    signal.addEventListener('abort', abort);
    worker.postMessage(input);
  });
}
