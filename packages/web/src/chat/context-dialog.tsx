import { SCHEMAS, sessionTag } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fieldOf, numberOf, textOf } from '../live/read-context.ts';
import { useSession } from '../session/session.ts';
import { JsonView } from '../trail/json-view.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { TimeAgo } from '../ui/time-ago.tsx';
import { WhatIsKnown } from './what-is-known.tsx';

const CONTEXTS_SHOWN = 5;

/** What the agents of a conversation were shown besides its messages: the records that the models saw, as they saw them. */
export function ContextDialog({
  conversation_id,
  onClose,
}: {
  conversation_id: string;
  onClose: () => void;
}) {
  const { client } = useSession();
  const contexts = useQuery({
    queryKey: ['contexts', conversation_id],
    queryFn: async ({ signal }) => {
      const { items } = await client.listBreadcrumbs(
        {
          schema_name: SCHEMAS.agent_context,
          tag: sessionTag(conversation_id),
          limit: CONTEXTS_SHOWN,
          include_context: true,
        },
        { signal },
      );
      return items;
    },
  });
  return (
    <DialogFrame
      title="Context of this conversation"
      description="What the model was shown, in this order, when it last answered."
      onClose={onClose}
    >
      {contexts.isPending && <Skeleton className="h-32 rounded-xl" />}
      {contexts.isError && (
        <ErrorNotice title="The context could not be read" error={contexts.error} />
      )}
      {contexts.data?.length === 0 && (
        <>
          <p className="mb-3 text-sm text-ink-soft">
            No agent has a <span className="font-mono text-xs">{SCHEMAS.context_config}</span>, so
            each was given its prompt, this conversation and its tools.
          </p>
          <WhatIsKnown conversation_id={conversation_id} />
        </>
      )}
      {contexts.data?.map(({ id, context, updated_at }) => (
        <ContextView key={id} id={id} at={Date.parse(updated_at)} context={context} />
      ))}
    </DialogFrame>
  );
}

function ContextView({
  id,
  at,
  context,
}: {
  id: string;
  at: number;
  /** As it is stored: whoever may write records could have written it, in any shape. */
  context: unknown;
}) {
  const items = listOf(context, 'breadcrumbs');
  const dropped = listOf(context, 'dropped').map((each) => textOf(each, 'reason') ?? 'unknown');
  const failed = listOf(context, 'failed_sources');
  const consumer = textOf(context, 'consumer_id') ?? 'unknown';
  return (
    <section className="mt-4 first:mt-0" aria-label={`Context of ${consumer}`}>
      <h3 className="flex items-baseline gap-3 text-sm font-medium">
        {consumer}
        <span className="text-2xs font-normal text-ink-faint tabular-nums">
          about {numberOf(context, 'token_estimate') ?? '?'} tokens, <TimeAgo at={at} in_words />
        </span>
        <Link
          to="/trail/$id"
          params={{ id }}
          className="ml-auto text-2xs font-normal text-ink-soft underline underline-offset-4"
        >
          record
        </Link>
      </h3>
      <ol className="mt-2 space-y-1.5">
        {items.map((item, index) => (
          <li key={index} className="rounded-lg border border-line bg-raised">
            <details>
              <summary className="flex cursor-pointer items-baseline gap-2 px-3 py-1.5 text-xs">
                <span className="font-medium">
                  {textOf(item, 'role') ?? textOf(item, 'schema_name') ?? 'record'}
                </span>
                <span className="text-ink-faint">{textOf(item, 'source')}</span>
              </summary>
              <div className="border-t border-line p-2.5">
                <JsonView value={fieldOf(item, 'content')} />
              </div>
            </details>
          </li>
        ))}
      </ol>
      {dropped.length > 0 && (
        <p className="mt-2 text-2xs text-ink-faint">
          Left out: {dropped.length} ({[...new Set(dropped)].join(', ')}).
        </p>
      )}
      {failed.map((each, index) => (
        <p key={index} className="mt-1 text-2xs text-warn">
          {textOf(each, 'source') ?? 'A source'} could not be read: {textOf(each, 'reason')}
        </p>
      ))}
    </section>
  );
}

function listOf(context: unknown, name: string): readonly unknown[] {
  const list = fieldOf(context, name);
  return Array.isArray(list) ? list : [];
}
