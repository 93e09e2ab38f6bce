import {
  AgentDefinition,
  SCHEMAS,
  type BreadcrumbContext,
  type BreadcrumbFull,
} from '@cairn/protocol';
import { Value } from 'typebox/value';
import { AppError, isUuid } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import type { Handle } from '../db/index.ts';
import type { Asker, Principal } from '../http/index.ts';
import type { IdentityStore } from '../identity/index.ts';
import { conversationOf, HISTORY_MAX } from './assemble-conversation.ts';
import type { Run, RunFailure, RunState, Situation } from './contract.ts';
import { readPrepared } from './context/read-prepared.ts';
import type { DefinitionStore } from './definition-store.ts';
import { chooseAsker } from './choose-asker.ts';
import { runPrincipal } from './register-agents.ts';
import type { RunStore } from './store.ts';

/** Without a failure the run can go on. With one it cannot; a situation then says that the user is to be told. */
export type Loaded =
  | { readonly situation: Situation; readonly failure: RunFailure | null }
  | { readonly situation: null; readonly failure: RunFailure };

/** Reads what a run needs from the record store. */
export class SituationReader {
  readonly #breadcrumbs: Breadcrumbs;
  readonly #identity: IdentityStore;
  readonly #runs: RunStore;
  readonly #definitions: DefinitionStore;

  constructor(ports: {
    breadcrumbs: Breadcrumbs;
    identity: IdentityStore;
    runs: RunStore;
    definitions: DefinitionStore;
  }) {
    this.#definitions = ports.definitions;
    this.#breadcrumbs = ports.breadcrumbs;
    this.#identity = ports.identity;
    this.#runs = ports.runs;
  }

  /** With `tx`, inside a transaction, it reads whatever there is: then the run is only to be ended. */
  async load({ run, active_version }: RunState, tx?: Handle): Promise<Loaded> {
    const { record, own, history } = await this.#readAll(run, tx);
    if (record && record.schema_name !== SCHEMAS.agent_definition) {
      return { situation: null, failure: NO_AGENT };
    }
    const { reader, trigger } = tx
      ? { reader: curatorOf(run), trigger: own }
      : await this.#readTrigger(run, record, own);
    if (!trigger) return { situation: null, failure: NO_MESSAGE };
    const prepared = await readPrepared(this.#breadcrumbs, run, { trigger, reader }, tx);
    const definition_version = record?.version ?? null;
    const message = prepared?.message ?? trigger;
    const told = { run, reader, ...history, definition_version };
    const parts = { ...told, trigger: message, prepared };
    const context = record?.context;
    if (record && Value.Check(AgentDefinition, context)) {
      const counts = record.version === active_version || (await this.#isTrusted(record, tx));
      return { situation: { ...parts, definition: context }, failure: counts ? null : NOT_ACTIVE };
    }
    const failure = record ? INVALID_AGENT : NO_AGENT;
    return { situation: { ...parts, definition: nobody(run.agent_id) }, failure };
  }

  /** The agent's record, the trigger as the agent itself may read it, and what the run has done. */
  async #readAll(run: Run, tx?: Handle) {
    const readRecord = () => this.#find(curatorOf(run), run.agent_id, tx);
    const reader = tx ? curatorOf(run) : runPrincipal(run);
    const readTrigger = () => this.#find(reader, run.trigger_id, tx);
    const readHistory = () => this.#runs.history(run.id, tx);
    // Inside a transaction there is one connection.
    const [record, own, history] = tx
      ? [await readRecord(), await readTrigger(), await readHistory()]
      : await Promise.all([readRecord(), readTrigger(), readHistory()]);
    return { record, own, history };
  }

  /** The definition of an agent as it is now; null when there is none, or none that is valid. */
  async definitionOf(run: Run, agent_id: string): Promise<AgentDefinition | null> {
    const record = await this.#find(curatorOf(run), agent_id);
    return Value.Check(AgentDefinition, record?.context) ? record.context : null;
  }

  /** Whether a curator changed it last. The log tells of that a moment later, and a run may be faster. */
  async #isTrusted({ owner_id, updated_by }: BreadcrumbFull, tx?: Handle): Promise<boolean> {
    if (!updated_by || (await this.#definitions.isAgent(owner_id, updated_by, tx))) return false;
    const roles = await this.#identity.agentRoles(owner_id, updated_by, tx);
    return roles?.includes('curator') ?? false;
  }

  /** What was said in the conversation, newest first, the trigger and later messages perhaps among it. */
  async history({
    run: { conversation_id },
    reader,
  }: {
    run: Pick<Run, 'conversation_id'>;
    reader: Principal;
  }): Promise<BreadcrumbContext[]> {
    const rows = await this.#breadcrumbs.listWithContext(reader, {
      conversation_id,
      schema_names: [SCHEMAS.user_message, SCHEMAS.agent_response],
      limit: HISTORY_MAX,
    });
    const own = rows.filter(
      ({ id, tags, context }) => conversationOf(id, tags, context) === conversation_id,
    );
    // A message that named no conversation began one under its own id, and says so nowhere itself.
    if (rows.length === HISTORY_MAX || !isUuid(conversation_id)) return own;
    if (own.some(({ id }) => id === conversation_id)) return own;
    const first = await this.#find(reader, conversation_id);
    const is_first =
      first?.schema_name === SCHEMAS.user_message &&
      conversationOf(first.id, first.tags, first.context) === conversation_id;
    return is_first ? [...own, first] : own;
  }

  /** A message as an agent reads it, and the agent's definition. */
  async readMessage(about: Pick<Run, 'owner_id' | 'agent_id' | 'trigger_id'>): Promise<{
    definition: BreadcrumbFull | null;
    reader: Principal;
    trigger: BreadcrumbFull | null;
  }> {
    const found = await this.#find(curatorOf(about), about.agent_id);
    const definition = found?.schema_name === SCHEMAS.agent_definition ? found : null;
    const asker = await this.#askerOf(about);
    const run = { ...about, asker };
    const own = await this.#find(runPrincipal(run), about.trigger_id);
    return { definition, ...(await this.#readTrigger(run, definition, own)) };
  }

  /** Who asks by a message, with the roles of now. */
  async #askerOf({
    owner_id,
    agent_id,
    trigger_id,
  }: Pick<Run, 'owner_id' | 'agent_id' | 'trigger_id'>): Promise<Asker | null> {
    const reader = curatorOf({ owner_id, agent_id });
    const found = await orNull(this.#breadcrumbs.getAsked(reader, trigger_id));
    const asker = found?.asker ?? null;
    const roles = asker && (await this.#identity.agentRoles(owner_id, asker));
    return chooseAsker(agent_id, asker, roles || null);
  }

  /**
   * An agent reads what its principal and whoever asked may both read, `trigger` if that is. A message that is private or
   * secret it reads if the one who last
   * changed its definition may: whoever may not read it cannot make an agent that does.
   */
  async #readTrigger(
    run: Pick<Run, 'owner_id' | 'agent_id' | 'trigger_id' | 'asker'>,
    definition: BreadcrumbFull | null,
    trigger: BreadcrumbFull | null,
  ): Promise<{ reader: Principal; trigger: BreadcrumbFull | null }> {
    const own = runPrincipal(run);
    const author = definition?.updated_by;
    if (trigger || !author) return { reader: own, trigger };
    const roles = (await this.#identity.agentRoles(run.owner_id, author)) ?? [];
    const reader: Principal = { ...own, agent_id: author, roles };
    return { reader, trigger: await this.#find(reader, run.trigger_id) };
  }

  #find(reader: Principal, id: string, tx?: Handle): Promise<BreadcrumbFull | null> {
    return orNull(this.#breadcrumbs.getFull(reader, id, tx));
  }
}

/** What was found, or null where that is nothing. */
function orNull<T>(found: Promise<T>): Promise<T | null> {
  return found.catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
}

function curatorOf({ owner_id, agent_id }: Pick<Run, 'owner_id' | 'agent_id'>): Principal {
  return { owner_id, agent_id, roles: ['curator'] };
}

/** Stands for a definition that is not there, so that a run can end in the name of its agent. */
function nobody(agent_id: string): AgentDefinition {
  return { agent_id, system_prompt: '', subscriptions: { selectors: [] } };
}

const NO_MESSAGE: RunFailure = {
  error_class: 'gone',
  message: 'the message was deleted, or the agent may not read it',
};
const NO_AGENT: RunFailure = {
  error_class: 'gone',
  message: 'the agent was deleted before it could answer',
};
const NOT_ACTIVE: RunFailure = {
  error_class: 'invalid_definition',
  message:
    'the definition of the agent was changed by somebody who is no curator, and waits for one',
};
const INVALID_AGENT: RunFailure = {
  error_class: 'invalid_definition',
  message: 'the definition of the agent is not valid any more',
};
