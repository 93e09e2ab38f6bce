import { assertKnownFields, compileSelector, Selector, SelectorError, Uuid } from '@cairn/protocol';
import { Type } from 'typebox';
import { AppError } from '../base/index.ts';
import type { HttpServer, Routes } from '../http/index.ts';
import type { SubscriptionStore } from './subscription-store.ts';

/** Selectors that one agent may have. */
const SELECTORS_MAX = 1_000;

const SelectorItem = Type.Object({
  id: Uuid,
  owner_id: Uuid,
  agent_id: Uuid,
  selector: Type.Unknown(),
});
const Ok = Type.Object({ ok: Type.Boolean() });
const ById = Type.Object({ id: Uuid });
const config = { access: 'subscription.manage' };
const tags = ['events'];

/** The selectors of the agent that asks. */
export function subscriptionRoutes(store: SubscriptionStore): Routes {
  return (server: HttpServer) => {
    server.post(
      '/subscriptions/selectors',
      {
        config,
        schema: {
          summary: 'Register a selector',
          tags,
          body: Selector,
          response: { 201: SelectorItem },
        },
      },
      async ({ principal, body }, reply) => {
        const { owner_id, agent_id } = principal;
        const selector = complete(body, owner_id);
        if ((await store.list(owner_id, agent_id)).length >= SELECTORS_MAX) {
          throw new AppError(
            'conflict',
            `an agent has at most ${SELECTORS_MAX} selectors; remove some first`,
          );
        }
        return reply.code(201).send(await store.add(owner_id, agent_id, selector));
      },
    );
    server.get(
      '/subscriptions/selectors',
      {
        config,
        schema: { summary: 'Your selectors', tags, response: { 200: Type.Array(SelectorItem) } },
      },
      ({ principal }) => store.list(principal.owner_id, principal.agent_id),
    );
    server.put(
      '/subscriptions/selectors/:id',
      {
        config,
        schema: {
          summary: 'Replace a selector',
          tags,
          params: ById,
          body: Selector,
          response: { 200: Ok },
        },
      },
      async ({ principal, params, body }) => {
        const { owner_id, agent_id } = principal;
        const is_known = await store.replace(
          owner_id,
          agent_id,
          params.id.toLowerCase(),
          complete(body, owner_id),
        );
        if (!is_known) throw unknown(params.id);
        return { ok: true };
      },
    );
    server.delete(
      '/subscriptions/selectors/:id',
      {
        config,
        schema: { summary: 'Remove a selector', tags, params: ById, response: { 200: Ok } },
      },
      async ({ principal, params }) => {
        const { owner_id, agent_id } = principal;
        if (!(await store.remove(owner_id, agent_id, params.id.toLowerCase())))
          throw unknown(params.id);
        return { ok: true };
      },
    );
  };
}

/** The selector with all its fields, absent ones as null. @throws AppError invalid_selector */
function complete(given: Selector, owner_id: string): Selector {
  const { any_tags, all_tags, schema_name, context_match } = given;
  const selector = {
    any_tags: any_tags ?? null,
    all_tags: all_tags ?? null,
    schema_name: schema_name ?? null,
    context_match: context_match ?? null,
  };
  try {
    assertKnownFields(given, owner_id);
    compileSelector(selector);
  } catch (error) {
    if (error instanceof SelectorError) throw new AppError('invalid_selector', error.message);
    throw error;
  }
  return selector;
}

function unknown(id: string): AppError {
  return new AppError('not_found', `you have no selector ${id}`);
}
