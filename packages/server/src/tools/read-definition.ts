import { SCHEMAS, ToolCode, ToolDefinition } from '@cairn/protocol';
import { isIP } from 'node:net';
import { Value } from 'typebox/value';
import { describeMismatch, type AnyBuiltin } from './builtin/index.ts';
import type { ToolSchemas } from './compile-schemas.ts';
import type { DefinitionRow } from './definition-store.ts';

/** A tool that can be run: by code of ours, or by code of its own. */
export type RunnableTool =
  | {
      readonly definition: ToolDefinition;
      readonly builtin: AnyBuiltin;
      /** What is to be known of it though it counts. */
      readonly note?: string;
      readonly code?: undefined;
    }
  | {
      readonly definition: ToolDefinition;
      readonly code: ToolCode;
      /** The record that defines it. */
      readonly definition_id: string;
      readonly builtin?: undefined;
    };

/** What the code of a tool would need outside of the sandbox, and so never has. */
const NEVER = ['read', 'write', 'run', 'ffi', 'hrtime'] as const;

/** What a record defines, or why it defines nothing. Whether it counts is another question. */
export function readDefinition(
  row: DefinitionRow,
  { builtins, schemas }: { builtins: readonly AnyBuiltin[]; schemas: ToolSchemas },
): RunnableTool | string {
  return row.schema_name === SCHEMAS.tool_code
    ? readCode(row, schemas)
    : readBuiltin(row.context, builtins);
}

function readBuiltin(context: unknown, builtins: readonly AnyBuiltin[]): RunnableTool | string {
  if (!Value.Check(ToolDefinition, context))
    return describeMismatch(ToolDefinition, context, 'context') ?? 'it does not fit tool.v1';
  const { implementation, name } = context;
  if (implementation.type !== 'builtin')
    return `implementations of the type ${implementation.type.slice(0, 50)} are not run here`;
  const builtin = builtins.find((each) => each.name === (implementation.name ?? name));
  return builtin ? { definition: context, builtin } : 'this server has no such built-in tool';
}

function readCode(row: DefinitionRow, schemas: ToolSchemas): RunnableTool | string {
  const { context, id } = row;
  // A list is read without sources.
  const whole = withSource(context);
  if (!Value.Check(ToolCode, whole))
    return describeMismatch(ToolCode, whole, 'context') ?? 'it does not fit tool.code.v1';
  const { name, input_schema, output_schema, permissions, requires_approval } = whole;
  const beyond = NEVER.find((each) => wants(permissions?.[each]));
  if (beyond) return `no tool may have permissions.${beyond}`;
  const net = permissions?.net;
  const bad_host = (net === false ? [] : (net ?? [])).find((host) => !isHost(host));
  if (bad_host !== undefined)
    return `permissions.net has ${bad_host.slice(0, 80)}, which is no name of a public host`;
  if (input_schema['type'] !== 'object') return 'input_schema must be of the type object';
  const fault = schemas.whyUnusable(input_schema);
  if (fault) return `input_schema cannot be used: ${fault}`;
  const output_fault = output_schema && schemas.whyUnusable(output_schema);
  if (output_fault) return `output_schema cannot be used: ${output_fault}`;
  const description = (whole.description ?? row.description ?? row.title).slice(0, 4_000);
  const definition: ToolDefinition = {
    name,
    description: description.trim() === '' ? name : description,
    definition: {
      inputSchema: input_schema,
      ...(output_schema ? { outputSchema: output_schema } : {}),
    },
    implementation: { type: 'code' },
    ...(requires_approval === undefined ? {} : { requires_approval }),
  };
  return { definition, code: whole, definition_id: id };
}

function withSource(context: unknown): unknown {
  const { code } = (context ?? {}) as { code?: unknown };
  if (typeof code !== 'object' || code === null || 'source' in code) return context;
  return { ...(context as object), code: { ...code, source: '-' } };
}

function wants(permission: boolean | readonly string[] | undefined): boolean {
  return permission === true || (Array.isArray(permission) && permission.length > 0);
}

/** `name` or `name:port`. Where a name leads is looked at when it is connected to. */
function isHost(host: string): boolean {
  const [, name, port] = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?$/i.exec(host) ?? [];
  return (
    name !== undefined &&
    (port === undefined || Number(port) < 65_536) &&
    (isIP(name) > 0 || name.length <= 253)
  );
}
