import { RegistryAgent, RegistryTool } from '@cairn/protocol';
import { Type } from 'typebox';
import type { Database } from '../../db/index.ts';
import { answerPageById, PAGE_QUERY, type HttpServer, type Routes } from '../../http/index.ts';
import type { ToolDefinitions } from '../../tools/index.ts';
import { CatalogStore } from './catalog-store.ts';
import { listAgents } from './list-agents.ts';
import { listTools } from './list-tools.ts';

const tags = ['registry'];

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
          response: { 200: Type.Array(RegistryAgent) },
        },
      },
      (request, reply) =>
        answerPageById(request, reply, request.query, (page) =>
          listAgents(request.principal, page, { definitions, store }),
        ),
    );
    server.get(
      '/registry/tools',
      {
        config: { access: 'breadcrumb.read' },
        schema: {
          summary: 'Tools with their status, when they ran last, and how that went in 24 hours',
          description:
            'At most 500 definitions, and the tools of connected servers. What ran counts, whoever asked; `mean_ms` is the time that it ran.',
          tags,
          response: { 200: Type.Array(RegistryTool) },
        },
      },
      ({ principal }) => listTools(principal, { definitions, store }),
    );
  };
}
