import { spawn } from 'node:child_process';
import { Server, type CallToolResult, type Tool } from '@modelcontextprotocol/server';

const object = (properties: Record<string, { type: string }>, required: string[] = []) => ({
  type: 'object' as const,
  properties,
  required,
});
const number = { type: 'number' };

const TOOLS: readonly Tool[] = [
  {
    name: 'add',
    title: 'Addition',
    description: 'Adds two numbers.',
    inputSchema: object({ a: number, b: number }, ['a', 'b']),
    outputSchema: object({ sum: number }, ['sum']),
    annotations: { readOnlyHint: true, idempotentHint: true },
  },
  { name: 'fail', description: 'Fails.', inputSchema: object({}) },
  { name: 'env', description: 'Tells its environment.', inputSchema: object({}) },
  { name: 'die', description: 'Ends its process.', inputSchema: object({}) },
  { name: 'hang', description: 'Tells its pids, then never answers.', inputSchema: object({}) },
  { name: 'steps', description: 'Takes steps.', inputSchema: object({ count: number }) },
  { name: 'picture', description: 'Gives a picture.', inputSchema: object({}) },
  { name: 'grow', description: 'Gets another tool.', inputSchema: object({}) },
  { name: 'huge', description: 'Answers at length.', inputSchema: object({ chars: number }) },
];

/** A server of the reference SDK with tools that show how ours deals with them. `grown` lives as long as its process. */
export function referenceServer(grown: { count: number }, onGrown?: () => void): Server {
  const server = new Server(
    { name: 'reference', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler('tools/list', async () => {
    const more = Array.from({ length: grown.count }, (_, n): Tool => {
      return { name: `grown ${n}`, description: 'New.', inputSchema: object({}) };
    });
    return { tools: [...TOOLS, ...more] };
  });
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const { name, arguments: input = {} } = params;
    if (name === 'grow') {
      grown.count++;
      if (onGrown) onGrown();
      else await server.sendToolListChanged();
    }
    const { progressToken } = mcpReq._meta ?? {};
    const steps = name === 'steps' && progressToken !== undefined ? Number(input['count']) : 0;
    for (let progress = 1; progress <= steps; progress++) {
      const params = { progressToken: progressToken ?? 0, progress, message: `step ${progress}` };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    return answer(name, input);
  });
  return server;
}

async function answer(name: string, input: Record<string, unknown>): Promise<CallToolResult> {
  switch (name) {
    case 'add': {
      const sum = Number(input['a']) + Number(input['b']);
      return {
        content: [{ type: 'text', text: JSON.stringify({ sum }) }],
        structuredContent: { sum },
      };
    }
    case 'fail':
      return { content: [{ type: 'text', text: 'the disk is full' }], isError: true };
    case 'env':
      return say(JSON.stringify(process.env));
    case 'die':
      return process.exit(3);
    case 'hang': {
      // A helper that would outlive its server, as a browser or a shell would.
      const helper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
        stdio: 'ignore',
      });
      process.stderr.write(`hanging ${process.pid} ${helper.pid}\n`);
      return new Promise(() => {});
    }
    case 'picture':
      return {
        content: [
          { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
          { type: 'resource_link', uri: 'https://example.com/a', name: 'a' },
          {
            type: 'resource',
            resource: { uri: 'mem://note', mimeType: 'text/plain', text: 'a note' },
          },
        ],
      };
    case 'huge':
      return say('x'.repeat(Number(input['chars'])));
    default:
      return say(`did ${name}`);
  }
}

function say(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
