import { MCP_SCHEMAS, type RegistryTool } from '@cairn/protocol';
import { useQuery } from '@tanstack/react-query';
import { fieldOf, textOf } from '../live/read-context.ts';
import { useSession } from '../session/session.ts';

const SERVERS_AT_MOST = 200;

/** What an MCP server says of one of its tools; undefined for tools that a breadcrumb defines. */
export function useForeignTool({ name, definition_id }: RegistryTool) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['foreign_tool', name],
    enabled: definition_id === null,
    queryFn: async ({ signal }): Promise<unknown> => {
      const query = {
        schema_name: MCP_SCHEMAS.tools,
        limit: SERVERS_AT_MOST,
        include_context: true,
      } as const;
      const { items } = await client.listBreadcrumbs(query, { signal });
      const tools = items.flatMap(({ context }) => {
        const list = fieldOf(context, 'tools');
        return Array.isArray(list) ? (list as unknown[]) : [];
      });
      return tools.find((each) => textOf(each, 'name') === name) ?? {};
    },
  });
}
