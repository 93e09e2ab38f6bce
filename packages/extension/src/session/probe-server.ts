import { CairnClient, CairnConnectionError, CairnError, CairnTimeoutError } from '@cairn/sdk';
import { describeError } from '@cairn/web';

/** What stands at an address. */
export type Probe =
  | {
      readonly outcome: 'ready';
      readonly mode: string;
      readonly version: string;
      readonly model: string;
    }
  /** It is a Cairn server, and asks for a key, or for another one. */
  | { readonly outcome: 'key_needed'; readonly version: string; readonly detail: string }
  | { readonly outcome: 'not_cairn' | 'unreachable' | 'refused'; readonly detail: string };

const TIMEOUT_MS = 8_000;

/** Asks a server whether it is one, and whether it lets us in. Never rejects. */
export async function probeServer(server_url: string, api_key: string | null): Promise<Probe> {
  const client = new CairnClient({
    base_url: server_url,
    max_retries: 0,
    timeout_ms: TIMEOUT_MS,
    ...(api_key === null ? {} : { api_key }),
  });
  let version = '';
  try {
    version = (await client.health()).version ?? '';
    const { auth_mode, model } = await client.system();
    return { outcome: 'ready', mode: auth_mode, version, model };
  } catch (error) {
    return judge(error, server_url, version);
  }
}

function judge(error: unknown, server_url: string, version: string): Probe {
  const { summary } = describeError(error);
  if (error instanceof CairnConnectionError || error instanceof CairnTimeoutError) {
    const detail = `Nothing answers at ${server_url}. Is the server running? Start it with npm start.`;
    return { outcome: 'unreachable', detail };
  }
  if (!(error instanceof CairnError) || error.problem === null) {
    return { outcome: 'not_cairn', detail: `What answers at ${server_url} is no Cairn server.` };
  }
  if (error.status === 401) return { outcome: 'key_needed', version, detail: summary };
  return { outcome: 'refused', detail: summary };
}

/** An outcome in words. */
export function describeProbe(probe: Probe, had_key: boolean): string {
  if (probe.outcome === 'ready') {
    return `Connected: Cairn ${probe.version} in ${probe.mode} mode, model ${probe.model}.`;
  }
  if (probe.outcome === 'key_needed') {
    return had_key
      ? `That key was not accepted: ${probe.detail}`
      : `Cairn ${probe.version} answers. It runs in strict mode and wants an API key.`;
  }
  return probe.detail;
}
