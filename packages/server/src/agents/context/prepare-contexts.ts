import { compileSelector } from '@cairn/protocol';
import type { Delivery, DeliveryHandler, Outcome } from '../../queue/index.ts';
import { SituationReader } from '../load-situation.ts';
import { readDefinition } from '../read-definition.ts';
import type { RunStore } from '../store.ts';
import { ContextBuilder, type ContextParts } from './context-builder.ts';
import type { ContextPayload } from './context-triggers.ts';

/**
 * Gathers the context of a message, whose record then triggers its agent. A message that triggers the agent itself is
 * left to its run, so that it is answered once.
 */
export class ContextPreparer implements DeliveryHandler {
  readonly #reader: SituationReader;
  readonly #builder: ContextBuilder;

  constructor(parts: ContextParts & { readonly runs: RunStore }) {
    this.#reader = new SituationReader(parts);
    this.#builder = new ContextBuilder(parts, this.#reader);
  }

  async handle({ owner_id, payload }: Delivery): Promise<Outcome> {
    const { agent_id, trigger_id, conversation_id } = payload as ContextPayload;
    const run = { owner_id, agent_id, trigger_id };
    const { definition: record, reader, trigger } = await this.#reader.readMessage(run);
    const read = record ? readDefinition(record.context, owner_id) : null;
    if (!trigger || !read || 'reason' in read) return { type: 'done' };
    if (read.triggers.some((each) => compileSelector(each).matches(trigger)))
      return { type: 'done' };
    const { definition } = read;
    await this.#builder.prepare({
      owner_id,
      agent_id,
      conversation_id,
      definition,
      reader,
      trigger,
    });
    return { type: 'done' };
  }
}
