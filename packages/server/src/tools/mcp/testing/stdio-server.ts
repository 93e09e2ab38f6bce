import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { referenceServer } from './reference-tools.ts';

/** Run as a process: `node stdio-server.ts [previous]`. With `previous` it knows only the revisions before the current. */
const grown = { count: 0 };
if (process.argv[2] === 'previous') {
  const server = referenceServer(grown);
  await server.connect(new StdioServerTransport());
} else {
  serveStdio(() => referenceServer(grown));
}
