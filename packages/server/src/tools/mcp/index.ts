export { MCP_SETTINGS } from './config.ts';
export { McpHost } from './mcp-host.ts';
export { McpStore } from './mcp-store.ts';
export { McpTools } from './mcp-tools.ts';
export { limitBody } from './limit-body.ts';
export { readServersFile } from './read-servers-file.ts';
