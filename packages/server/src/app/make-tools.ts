import { StepConsents } from '../agents/index.ts';
import { createGuardedFetch } from '../http/index.ts';
import { createTools, type ToolParts, type ToolsPorts } from '../tools/index.ts';
import type { Config } from './config.ts';

type Ports = Omit<ToolsPorts, 'fetch' | 'timeout_ms' | 'fetch_hosts' | 'sandbox_threads'>;

/** Tools as they are configured. They reach the private network only where webhooks may too. */
export function makeTools({ tools, webhooks }: Config, ports: Ports): ToolParts {
  const allow_private = webhooks.allow_private === 'true';
  return createTools({
    ...ports,
    consents: new StepConsents(ports),
    fetch: createGuardedFetch({ allow_private, clock: ports.clock }),
    timeout_ms: tools.timeout_s * 1_000,
    fetch_hosts: tools.fetch_hosts,
    sandbox_threads: tools.sandbox_threads,
  });
}
