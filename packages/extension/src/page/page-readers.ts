import { SCHEMAS, type BreadcrumbCreate } from '@cairn/protocol';
import { fieldOf, textOf } from '@cairn/web';
import { ACTIVE_TAB_TAG, TAB_SCHEMA } from './tab-breadcrumb.ts';

/** The agent that answers messages in a new installation. */
export const CHAT_AGENT = 'chat';

/** Which agents have a `context.config.v1`, and which of these are shown shared pages. */
export interface PageReaders {
  readonly configured: readonly string[];
  readonly readers: readonly string[];
}

/** Reads that from the contexts of all `context.config.v1` records. */
export function readersIn(configs: readonly unknown[]): PageReaders {
  const named = configs.flatMap((context) => {
    const consumer = textOf(context, 'consumer_id');
    return consumer === null ? [] : [{ consumer, is_reader: readsPages(context) }];
  });
  const names = (list: typeof named): string[] => [
    ...new Set(list.map(({ consumer }) => consumer)),
  ];
  return { configured: names(named), readers: names(named.filter(({ is_reader }) => is_reader)) };
}

function readsPages(context: unknown): boolean {
  const sources = fieldOf(context, 'sources');
  if (!Array.isArray(sources)) return false;
  return sources.some(
    (source) =>
      textOf(source, 'schema_name') === TAB_SCHEMA ||
      JSON.stringify(fieldOf(source, 'filters') ?? null).includes(`"${ACTIVE_TAB_TAG}"`),
  );
}

/** The source that shows an agent the page that is shared with its conversation. */
export const PAGE_SOURCE = {
  key: 'shared_page',
  schema_name: TAB_SCHEMA,
  method: 'latest',
  conversation_scope: 'current',
  priority: 900,
} as const;

/**
 * A configuration that shows an agent its conversation and the shared page. A source of the conversation stands in
 * place of the one that an agent has by itself, so what was said is named too.
 */
export function readerConfig(agent: string): BreadcrumbCreate {
  const said = (schema_name: string, key: string) =>
    ({
      key,
      schema_name,
      method: 'recent',
      conversation_scope: 'current',
      limit: 20,
      priority: 1_000,
    }) as const;
  return {
    title: `What ${agent} is shown: its conversation and the shared page`,
    schema_name: SCHEMAS.context_config,
    tags: ['context:config', `consumer:${agent}`],
    context: {
      consumer_id: agent,
      sources: [
        said(SCHEMAS.user_message, 'messages'),
        said(SCHEMAS.agent_response, 'answers'),
        PAGE_SOURCE,
      ],
    },
  };
}
