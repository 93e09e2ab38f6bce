import { LIMITS, SCHEMAS, TAGS } from '@cairn/protocol';
import { Type, type Static } from 'typebox';
import { ToolInputError, type BuiltinTool } from './contract.ts';

/**
 * What the platform acts upon: a message starts runs, a definition becomes an agent or a tool, a request is carried
 * out, a response is believed. An agent gets those made by the platform, or by people, and not by a tool call.
 */
const CONTROL_SCHEMAS: ReadonlySet<string> = new Set(Object.values(SCHEMAS));
/** Tags that stand for the same things where a selector looks at tags alone. */
const CONTROL_TAGS: ReadonlySet<string> = new Set([
  TAGS.user_message,
  TAGS.agent_response,
  TAGS.agent_definition,
  TAGS.tool_request,
  TAGS.tool_response,
]);

const input_schema = Type.Object(
  {
    title: Type.String({
      minLength: 1,
      maxLength: LIMITS.title_chars,
      description: 'A short title that a person understands.',
    }),
    context: Type.Object(
      {},
      { additionalProperties: true, description: 'The content: a JSON object of any form.' },
    ),
    tags: Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.tag_chars }), {
      maxItems: LIMITS.tags,
      description: 'Tags to find it by, such as ["note", "project:alpha"]; may be empty.',
    }),
    schema_name: Type.Optional(
      Type.String({
        maxLength: LIMITS.schema_name_chars,
        description:
          'The form of the context, such as "note.v1"; leave it out when it has no name.',
      }),
    ),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  id: Type.String({ description: 'UUID of the new breadcrumb.' }),
  version: Type.Integer({ description: 'Its version: 1.' }),
});

/** Stores a breadcrumb in the name of the calling agent. */
export const breadcrumbCreate: BuiltinTool<
  Static<typeof input_schema>,
  Static<typeof output_schema>
> = {
  name: 'breadcrumb_create',
  description:
    'Stores a breadcrumb: a durable record that people and other agents can find and read. ' +
    'Use it to keep notes, results and reports. Messages, tool calls, answers, and definitions of agents, tools and ' +
    'schemas cannot be made this way. Example: {"title": "Budget 2026", "context": {"total": 2340}, "tags": ["note"], ' +
    '"schema_name": "note.v1"} answers {"id": "…", "version": 1}.',
  input_schema,
  output_schema,
  async execute(input, context) {
    const schema_name = input.schema_name?.trim();
    if (schema_name) assertNotControl('schema_name', schema_name, CONTROL_SCHEMAS);
    for (const tag of input.tags) assertNotControl('tag', tag.trim(), CONTROL_TAGS);
    const { title, tags } = input;
    context.signal.throwIfAborted();
    const { id, version } = await context.breadcrumbs.create({
      title,
      context: input.context,
      tags: [...new Set(tags)],
      ...(schema_name ? { schema_name } : {}),
    });
    return { id, version };
  },
};

function assertNotControl(kind: string, value: string, control: ReadonlySet<string>): void {
  const name = value.toLowerCase();
  const isAnswer = kind === 'tag' && name.startsWith('request:');
  if (!control.has(name) && !isAnswer) return;
  throw new ToolInputError(
    `The ${kind} "${value}" is kept for the platform: an agent may not write messages, tool calls, answers or ` +
      'definitions in its name. Use one of your own, such as ' +
      (kind === 'tag' ? '"note".' : '"note.v1".'),
  );
}
