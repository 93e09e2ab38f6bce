import { AgentContext, SCHEMAS, type BreadcrumbCreate, type BreadcrumbFull } from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, isUuid } from '../../base/index.ts';
import type { Breadcrumbs } from '../../breadcrumbs/index.ts';
import type { Handle } from '../../db/index.ts';
import type { Principal } from '../../http/index.ts';
import type { Run } from '../contract.ts';

/** A context that was there before its run, and the message that it was gathered for. */
export interface Prepared {
  readonly message: BreadcrumbFull;
  readonly recorded: {
    readonly body: BreadcrumbCreate;
    readonly breadcrumb_id: string;
    readonly breadcrumb_version: number;
  };
}

/**
 * What a run answers that was triggered by an `agent.context.v1`: the message that the context was gathered for. Of a
 * context that was gathered anew since for a later message, the version counts that triggered the run. Null for other
 * triggers, for contexts of another shape, and when the message is gone: then the trigger itself is answered.
 */
export async function readPrepared(
  breadcrumbs: Breadcrumbs,
  run: Pick<Run, 'trigger_version'>,
  { trigger, reader }: { trigger: BreadcrumbFull; reader: Principal },
  tx?: Handle,
): Promise<Prepared | null> {
  if (trigger.schema_name !== SCHEMAS.agent_context) return null;
  const wanted = run.trigger_version;
  const former =
    trigger.version === wanted || tx
      ? null
      : (await breadcrumbs.history(reader, trigger.id)).find(({ version }) => version === wanted);
  const context = former?.context ?? trigger.context;
  if (!Value.Check(AgentContext, context) || !isUuid(context.trigger_event_id)) return null;
  const message = await breadcrumbs
    .getFull(reader, context.trigger_event_id, tx)
    .catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    });
  if (!message) return null;
  const { title, tags, schema_name, visibility, sensitivity, id } = trigger;
  const body = { title, tags, schema_name, visibility, sensitivity, context };
  const breadcrumb_version = former?.version ?? trigger.version;
  return { message, recorded: { body, breadcrumb_id: id, breadcrumb_version } };
}
