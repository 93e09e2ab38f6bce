import { RunPolicy, RunPolicyPut } from '@cairn/protocol';
import { Type } from 'typebox';
import type { HttpServer, Routes } from '../../http/index.ts';
import type { PolicyStore, StoredPolicy } from '../policy-store.ts';
import { scanText } from '../privacy/index.ts';
import { invalidRun } from './invalid-run.ts';
import type { Policies } from './policies.ts';

const access = 'run.manage';

/** What a tenant wants done with private data in reports, and how long it wants runs to be kept. */
export function policyRoutes(store: PolicyStore, policies: Policies): Routes {
  return (server: HttpServer) => {
    server.get(
      '/runs/policies',
      {
        config: { access },
        schema: {
          summary: 'The policies for runs',
          description:
            'That with the environment null is for all that have none of their own; null inside means what the server is set to.',
          tags: ['runs'],
          response: { 200: Type.Array(RunPolicy) },
        },
      },
      async ({ principal }) => (await store.list(principal.owner_id)).map(toWire),
    );
    server.put(
      '/runs/policies',
      {
        config: { access },
        schema: {
          summary: 'Replace the policy of one environment',
          description:
            'Runs that come later are treated by it. Fewer days also delete runs that are there, within some minutes; more days keep only what comes later for longer.',
          tags: ['runs'],
          body: RunPolicyPut,
          response: { 200: RunPolicy },
        },
      },
      async ({ principal, body }) => {
        const { environment, privacy, retention_days } = body;
        if (scanText(environment ?? '', 'name', 'reject').findings.length > 0)
          throw invalidRun([{ path: 'environment', message: 'must not hold what looks private' }]);
        const policy = await store.put(principal.owner_id, {
          environment: environment ?? '',
          privacy: privacy ?? null,
          retention_days: retention_days ?? null,
        });
        policies.forget(principal.owner_id);
        return toWire(policy);
      },
    );
  };
}

function toWire({ environment, ...rest }: StoredPolicy) {
  return { environment: environment === '' ? null : environment, ...rest };
}
