import { createInterface } from 'node:readline';

/**
 * Run as a process: a server that speaks the protocol of a former revision by hand and wishes nobody well. It prints
 * garbage, has ten thousand tools of which many are wrong, and answers calls at great length, wrongly, or never.
 */
const send = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

function toolsOf(): unknown[] {
  const good = { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } };
  const wrong = [
    null,
    7,
    {},
    { name: 7 },
    { name: 'no_schema' },
    { name: 'array', inputSchema: [] },
  ];
  const deep = JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`);
  const more = [
    { name: 'deep', inputSchema: { type: 'object', properties: deep } },
    { name: 'nul\0', inputSchema: good },
    { name: 'big', inputSchema: { type: 'object', description: 'x'.repeat(100_000) } },
    { name: 'twice', inputSchema: good },
    { name: 'twice', inputSchema: good },
    { name: 'ünï/cödé', description: 'half \uD800 \0', inputSchema: good },
    { name: `long_${'n'.repeat(100)}`, inputSchema: good },
    ...['never', 'flood', 'nonsense', 'error'].map((name) => ({ name, inputSchema: good })),
  ];
  const many = Array.from({ length: 10_000 }, (_, n) => ({ name: `t${n}`, inputSchema: good }));
  return [...wrong, ...more, ...many];
}

const RESULTS: Record<string, unknown> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'hostile', version: '0' },
  },
  'tools/list': { tools: toolsOf() },
};

process.stdout.write('no JSON at all\n{"jsonrpc":"2.0"}\n[]\n');
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (RESULTS[method]) return send({ jsonrpc: '2.0', id, result: RESULTS[method] });
  if (method !== 'tools/call') {
    return send({ jsonrpc: '2.0', id, error: { code: -32601, message: `no ${method}` } });
  }
  if (params.name === 'nonsense')
    return send({ jsonrpc: '2.0', id, result: { content: 'not a list' } });
  if (params.name === 'error') {
    return send({ jsonrpc: '2.0', id, error: { code: -32000, message: 'x'.repeat(5_000) } });
  }
  // A message without an end.
  if (params.name === 'flood')
    for (let n = 0; n < 12; n++) process.stdout.write('y'.repeat(1_048_576));
});
