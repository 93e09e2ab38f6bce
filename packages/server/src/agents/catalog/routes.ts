import { Timestamp, Uuid } from '@cairn/protocol';
import { Type } from 'typebox';
import type { Database } from '../../db/index.ts';
import { answerPageById, PAGE_QUERY, type HttpServer, type Routes } from '../../http/index.ts';
import type { ToolDefinitions } from '../../tools/index.ts';
import { CatalogStore } from './catalog-store.ts';
import { listTools } from './list-tools.ts';

const tags = ['registry'];
const Text = Type.Union([Type.String(), Type.Null()]);
const Seen = Type.Union([Timestamp, Type.Null()]);
const Figure = Type.Union([Type.Number(), Type.Null()]);
const Status = Type.Enum(['active', 'invalid', 'proposed']);

const AgentItem = Type.Object({
  id: Uuid,
  name: Type.String(),
  description: Text,
  model: Text,
  version: Type.Integer(),
  status: Status,
  reason: Text,
  last_seen: Seen,
  metrics: Type.Object({
    runs: Type.Integer(),
    completed: Type.Integer(),
    failed: Type.Integer(),
    stopped: Type.Integer(),
    input_tokens: Type.Integer(),
    output_tokens: Type.Integer(),
    cost_usd: Figure,
    mean_ms: Figure,
  }),
});

const ToolItem = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['builtin', 'code', 'foreign']),
  description: Text,
  category: Text,
  definition_id: Type.Union([Uuid, Type.Null()]),
  version: Type.Union([Type.Integer(), Type.Null()]),
  status: Status,
  reason: Text,
  last_seen: Seen,
  metrics: Type.Object({ calls: Type.Integer(), failures: Type.Integer(), mean_ms: Figure }),
});

/** Which agents and tools there are, whether they count, and what they did. */
export function registryRoutes(ports: { db: Database; definitions: ToolDefinitions }): Routes {
  const store = new CatalogStore(ports.db);
  const { definitions } = ports;
  return (server: HttpServer) => {
    server.get(
      '/registry/agents',
      {
        config: { access: 'breadcrumb.read' },
        schema: {
          summary: 'Agents with their status, when they ran last, and what they did in 24 hours',
          tags,
          querystring: Type.Object(PAGE_QUERY),
          response: { 200: Type.Array(AgentItem) },
        },
      },
      (request, reply) =>
        answerPageById(request, reply, request.query, (page) =>
          store.agents(request.principal, page),
        ),
    );
    server.get(
      '/registry/tools',
      {
        config: { access: 'breadcrumb.read' },
        schema: {
          summary: 'Tools with their status, when agents asked for them last, and how that went',
          description: 'At most 500 definitions, and the tools of connected servers.',
          tags,
          response: { 200: Type.Array(ToolItem) },
        },
      },
      ({ principal }) => listTools(principal, { definitions, store }),
    );
  };
}
