import {
  consumerTag,
  SCHEMAS,
  sessionTag,
  TAGS,
  WELL_KNOWN,
  type AgentContext,
  type BreadcrumbCreate,
  type BreadcrumbFull,
} from '@cairn/protocol';
import { AppError, messageOf } from '../../base/index.ts';
import type { Breadcrumbs, Search } from '../../breadcrumbs/index.ts';
import type { Principal } from '../../http/index.ts';
import { isGuarded, type IdentityStore } from '../../identity/index.ts';
import { copiedTags } from '../compose-breadcrumbs.ts';
import type { Situation } from '../contract.ts';
import type { DefinitionStore } from '../definition-store.ts';
import type { SituationReader } from '../load-situation.ts';
import type { ModelGateway, ModelMessage } from '../models/index.ts';
import { agentPrincipal } from '../register-agents.ts';
import { assembleContext } from './assemble-context.ts';
import type { ContextStore } from './context-store.ts';
import type { Asked, AssemblePorts } from './contract.ts';
import { findPlan, type Plan } from './find-plan.ts';
import { renderContext } from './render-context.ts';

/** What a program has for contexts. */
export interface ContextParts extends Omit<ContextPorts, 'store' | 'history'> {
  readonly contexts: ContextStore;
}

interface ContextPorts extends AssemblePorts {
  readonly breadcrumbs: Breadcrumbs;
  readonly search: Search;
  readonly store: ContextStore;
  readonly identity: IdentityStore;
  readonly definitions: DefinitionStore;
  readonly models: Pick<ModelGateway, 'default_model'>;
}

/** Tries to write a record that others write at the same time. */
const WRITES_MAX = 5;

/**
 * Gathers what agents are shown, and writes it down: as a part of the run, so that whoever takes the run over shows the
 * same, and as an `agent.context.v1` record, one for each consumer and conversation, for everybody who may see all that
 * is in it.
 */
export class ContextBuilder {
  readonly #ports: ContextPorts;

  /** `situations` tells what was said in a conversation. */
  constructor({ contexts: store, ...parts }: ContextParts, situations: SituationReader) {
    this.#ports = {
      ...parts,
      store,
      history: ({ reader, conversation_id }) =>
        situations.history({ reader, run: { conversation_id } }),
    };
  }

  /**
   * What stands between the system prompt and the steps of a run: the context with the message to be answered. Null for
   * an agent that has no context configured. The first step of a run gathers it, all later ones see the same.
   */
  async assembleContext(situation: Situation): Promise<ModelMessage[] | null> {
    const { run, steps, prepared } = situation;
    const { store } = this.#ports;
    const known = await store.recorded(run.id);
    if (known) {
      if (known.breadcrumb_id === null) await this.#write(situation, known.body);
      return renderContext(known.body.context as AgentContext);
    }
    // What it began without, it goes on without.
    if (steps.length > 0) return null;
    if (prepared) {
      const { body } = await store.record(run.id, prepared.recorded, null);
      return renderContext(body.context as AgentContext);
    }
    const asked = this.#asked(situation, situation.trigger);
    const plan = await findPlan(this.#ports, asked);
    if (!plan) return null;
    const started = this.#ports.clock.now();
    const gathered = await this.#assemble(asked, plan);
    const given = { body: gathered, breadcrumb_id: null, breadcrumb_version: null };
    const took_ms = Math.round(this.#ports.clock.now() - started);
    // Another worker may have been faster: then all show what that one gathered.
    const { body } = await store.record(run.id, given, Math.max(0, took_ms));
    await this.#write(situation, body);
    return renderContext(body.context as AgentContext);
  }

  /**
   * Gathers the context of a message for an agent that is triggered by its context, and writes it. Does nothing for one
   * without a configuration, and when it has been done.
   */
  async prepare(asked: Omit<Asked, 'model'>): Promise<void> {
    const { definition, owner_id, agent_id, trigger, conversation_id } = asked;
    const whole = this.#asked({ definition, reader: asked.reader, run: asked }, trigger);
    const plan = await findPlan(this.#ports, whole);
    if (!plan) return;
    const tags = keyTags(definition.agent_id, conversation_id);
    const builder = WELL_KNOWN.context_builder;
    const authors = [agent_id, builder];
    const asker = asked.reader.asked_by?.agent_id ?? null;
    for (const is_guarded of [false, true]) {
      const place = { asker, is_guarded };
      const there = await this.#ports.store.find(owner_id, authors, tags, place);
      if (there?.trigger_event_id === trigger.id) return;
    }
    const body = await this.#assemble(whole, plan);
    await this.#ports.identity.ensureAgent(agentPrincipal(owner_id, builder));
    // What an agent writes itself does not trigger it; what this one writes in its place does.
    await this.#upsert(whole, builder, body, (known) => known.trigger_event_id === trigger.id);
  }

  #asked(
    about: {
      definition: Situation['definition'];
      reader: Situation['reader'];
      run: Pick<Situation['run'], 'owner_id' | 'agent_id' | 'conversation_id'>;
    },
    trigger: BreadcrumbFull,
  ): Asked {
    const { definition, reader, run } = about;
    const { owner_id, agent_id, conversation_id } = run;
    const model = definition.model ?? this.#ports.models.default_model;
    return { owner_id, agent_id, definition, model, conversation_id, trigger, reader };
  }

  async #assemble(asked: Asked, plan: Plan): Promise<BreadcrumbCreate> {
    const { context, visibility, sensitivity } = await assembleContext(this.#ports, asked, plan);
    const { agent_id: name } = asked.definition;
    const { tags = [], ttl_seconds } = plan.output ?? {};
    return {
      title: `Context of ${name}`.slice(0, 255),
      schema_name: SCHEMAS.agent_context,
      tags: [
        TAGS.agent_context,
        ...keyTags(name, asked.conversation_id),
        ...copiedTags(asked.trigger.tags),
        ...tags,
      ],
      context,
      visibility,
      sensitivity,
      ...(ttl_seconds === undefined
        ? {}
        : { ttl_type: 'duration' as const, ttl_config: { seconds: ttl_seconds } }),
    };
  }

  /** Writes what a run is shown. A record that is refused is no reason to leave the message without an answer. */
  async #write(situation: Situation, body: BreadcrumbCreate): Promise<void> {
    const { run, trigger } = situation;
    const { assembled_at } = body.context as AgentContext;
    try {
      const written = await this.#upsert(
        this.#asked(situation, trigger),
        run.agent_id,
        body,
        (known) => known.trigger_event_id === trigger.id && known.assembled_at === assembled_at,
      );
      await this.#ports.store.written(run.id, written);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { log } = this.#ports;
      log.warn({ run: run.id, reason: messageOf(error) }, 'a context could not be written');
    }
  }

  /** Writes the one record of this consumer and conversation; `isDone` says of the record that is there that it is this. */
  async #upsert(
    { owner_id, agent_id, definition, conversation_id, trigger, reader }: Asked,
    author: string,
    body: BreadcrumbCreate,
    isDone: (known: { trigger_event_id: string | null; assembled_at: string | null }) => boolean,
  ): Promise<{ id: string; version: number }> {
    const { store, breadcrumbs } = this.#ports;
    // The record may be another's by now that guards it: this is the program's own housekeeping.
    const asked_by = reader.asked_by ?? null;
    const principal: Principal = { owner_id, agent_id: author, roles: ['curator'], asked_by };
    const place = { asker: asked_by?.agent_id ?? null, is_guarded: isGuarded(body) };
    const authors = [agent_id, WELL_KNOWN.context_builder];
    const tags = keyTags(definition.agent_id, conversation_id);
    for (let attempt = 1; ; attempt++) {
      const known = await store.find(owner_id, authors, tags, place);
      if (known && isDone(known)) return known;
      try {
        if (known) return await breadcrumbs.update(principal, known.id, body, known.version);
        const key = `agent.context:${agent_id}:${trigger.id}`;
        return (await breadcrumbs.create(principal, body, key)).full;
      } catch (error) {
        // Another worker was faster, or the record has just gone.
        if (!(error instanceof AppError) || !PASSING.has(error.code) || attempt >= WRITES_MAX)
          throw error;
      }
    }
  }
}

const PASSING: ReadonlySet<string> = new Set([
  'version_mismatch',
  'idempotency_mismatch',
  'not_found',
]);

/** The tags by which the record of a consumer and a conversation is known. */
function keyTags(consumer: string, conversation_id: string): string[] {
  return [consumerTag(consumer), sessionTag(conversation_id)];
}
