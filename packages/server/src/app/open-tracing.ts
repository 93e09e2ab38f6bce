import { newId, systemClock, type Tracing } from '../base/index.ts';
import type { Config } from './config.ts';
import { VERSION } from './version.ts';

/** The longest that an end of the program waits for the last spans to be taken. */
const CLOSE_MS = 1_500;

/** Traces to where the configuration says; null when it says nothing, and then nothing of it is loaded. */
export async function openTracing({ tracing }: Config): Promise<Tracing | null> {
  const { endpoint, traces_endpoint, headers, service_name, ratio } = tracing;
  const url = traces_endpoint ?? (endpoint === null ? null : `${endpoint}/v1/traces`);
  if (url === null) return null;
  const { exportTraces } = await import('./export-traces.ts');
  const service = { name: service_name, version: VERSION, instance: newId() };
  const traces = exportTraces({ url, headers, service, ratio });
  return {
    start: (name, options) => traces.start(name, options),
    current: () => traces.current(),
    async close() {
      const patience = new AbortController();
      await Promise.race([traces.close(), systemClock.sleep(CLOSE_MS, patience.signal)]);
      patience.abort();
    },
  };
}
