import { integerSetting, textSetting } from '../../base/index.ts';

/** Settings of the servers of the Model Context Protocol that are mounted here. */
export const MCP_SETTINGS = {
  servers_file: textSetting({
    env: 'MCP_SERVERS_FILE',
    description:
      'JSON file of the MCP servers that the administrator mounts: {"mcpServers": {"name": {"command", "args", "env"} or {"url", "headers"}}}.',
    fallback: null,
  }),
  path: textSetting({
    env: 'PATH',
    description:
      'Where the commands of MCP servers are found. Of our environment, this and HOME are all that they get.',
    fallback: null,
    is_of_system: true,
  }),
  home: textSetting({
    env: 'HOME',
    description: 'Where MCP servers find what is kept for the user that they run as.',
    fallback: null,
    is_of_system: true,
  }),
  call_timeout_s: integerSetting({
    env: 'MCP_CALL_TIMEOUT_SECONDS',
    description: 'How long a tool of an MCP server may take; TOOL_TIMEOUT_SECONDS also holds.',
    fallback: 60,
    min: 1,
    max: 3_600,
  }),
  refresh_s: integerSetting({
    env: 'MCP_REFRESH_SECONDS',
    description:
      'How often the tools of a server are listed anew, besides when it says that they changed.',
    fallback: 300,
    min: 5,
    max: 86_400,
  }),
  records_max: integerSetting({
    env: 'MCP_RECORDS_MAX',
    description: 'Servers mounted by records that one process connects to; 0 for none.',
    fallback: 200,
    min: 0,
    max: 10_000,
  }),
  offered_max: integerSetting({
    env: 'TOOLS_OFFERED_MAX',
    description:
      'An agent with more tools than this is given tool_search, and the tools that it finds.',
    fallback: 40,
    min: 1,
    max: 500,
  }),
};
