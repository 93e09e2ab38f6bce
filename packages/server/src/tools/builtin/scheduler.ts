import { LIMITS, type BreadcrumbCreate } from '@cairn/protocol';
import { Type, type Static } from 'typebox';
import { ToolInputError, type BuiltinTool, type ToolContext } from './contract.ts';

const input_schema = Type.Object(
  {
    action: Type.Enum(['create', 'list', 'cancel'], { description: 'What to do.' }),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, description: 'What a new schedule is called.' }),
    ),
    cron: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'A cron expression, such as 0 9 * * MON for Mondays at nine.',
      }),
    ),
    every_s: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 31_536_000,
        description: 'Or: seconds between firings, 10 or more.',
      }),
    ),
    at: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Or: one time, RFC 3339, such as 2027-01-31T08:00:00Z.',
      }),
    ),
    timezone: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'Of the cron expression, such as Europe/Oslo; UTC when absent.',
      }),
    ),
    firings_max: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LIMITS.integer,
        description: 'Ends after so many firings.',
      }),
    ),
    breadcrumb: Type.Optional(
      Type.Object(
        {
          title: Type.String({ minLength: 1, maxLength: LIMITS.title_chars }),
          schema_name: Type.Optional(Type.String({ maxLength: LIMITS.schema_name_chars })),
          tags: Type.Array(Type.String({ maxLength: LIMITS.tag_chars }), { maxItems: 50 }),
          context: Type.Unknown(),
        },
        {
          additionalProperties: false,
          description:
            'The record that each firing creates, such as a user.message.v1 that an agent answers.',
        },
      ),
    ),
    id: Type.Optional(Type.String({ maxLength: 100, description: 'The schedule to cancel.' })),
  },
  { additionalProperties: false },
);

const Nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const Item = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.Enum(['cron', 'every', 'at']),
  spec: Type.String(),
  timezone: Type.String(),
  state: Type.Enum(['active', 'ended', 'cancelled']),
  next_at: Nullable('When it fires next.'),
  last_at: Nullable('When it fired last.'),
  firings: Type.Integer(),
  firings_max: Type.Union([Type.Integer(), Type.Null()]),
  last_error: Nullable('Why a firing came to nothing.'),
});

const output_schema = Type.Object({
  schedules: Type.Array(Item, {
    description: 'The new one; or all of yours; or none, after a cancel.',
  }),
  is_cancelled: Type.Optional(
    Type.Boolean({ description: 'Whether there was such a schedule to cancel.' }),
  ),
});

type Input = Static<typeof input_schema>;

/** Makes records at certain times. The times are kept in the database, so that no restart loses or doubles one. */
export const scheduler: BuiltinTool<Input, Static<typeof output_schema>> = {
  name: 'scheduler',
  description:
    'Creates a record at a time, at intervals, or by a cron expression, again and again until it is cancelled. ' +
    'Use it for reminders and regular tasks: let the record be a user.message.v1 with the tag user:message, and the agent that answers messages is asked each time. ' +
    'Example: {"action": "create", "name": "daily report", "cron": "0 9 * * *", "timezone": "Europe/Oslo", "breadcrumb": {"title": "Report", "schema_name": "user.message.v1", "tags": ["user:message"], "context": {"content": "Write the daily report."}}}. Example: {"action": "list"}.',
  input_schema,
  output_schema,
  async execute(input, { schedules, ...context }) {
    if (input.action === 'list') return { schedules: await schedules.list() };
    if (input.action === 'cancel') {
      if (input.id === undefined)
        throw new ToolInputError('Say with "id" which schedule to cancel.');
      return { schedules: [], is_cancelled: await schedules.cancel(input.id) };
    }
    return { schedules: [await schedules.create(readWanted(input, context))] };
  },
};

/** @throws ToolInputError */
function readWanted(input: Input, { conversation_id }: Pick<ToolContext, 'conversation_id'>) {
  const { cron, every_s, at, breadcrumb, name, timezone = 'UTC', firings_max = null } = input;
  const kinds = [
    ...(cron === undefined ? [] : [{ kind: 'cron' as const, spec: cron }]),
    ...(every_s === undefined ? [] : [{ kind: 'every' as const, spec: String(every_s) }]),
    ...(at === undefined ? [] : [{ kind: 'at' as const, spec: at }]),
  ];
  const [kind] = kinds;
  if (!kind || kinds.length > 1)
    throw new ToolInputError('Give one of "cron", "every_s" and "at".');
  if (!breadcrumb) throw new ToolInputError('Say with "breadcrumb" which record to create.');
  const session = conversation_id === null ? null : `session:${conversation_id}`;
  const is_placed = session === null || breadcrumb.tags.some((tag) => tag.startsWith('session:'));
  // A message that nobody placed belongs where it was asked for.
  const tags = is_placed ? breadcrumb.tags : [...breadcrumb.tags, session];
  const body: BreadcrumbCreate = { ...breadcrumb, tags };
  return {
    ...kind,
    timezone,
    firings_max,
    name: name ?? breadcrumb.title.slice(0, 100),
    breadcrumb: body,
  };
}
