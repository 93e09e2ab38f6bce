import { createServer, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';

/** What the model says next: text, or one tool to call. */
export type Line = string | { readonly tool: string; readonly input: unknown };

/** What it was asked: the last words of the user, and the answers of tools since then, as JSON text. */
export interface Asked {
  readonly question: string;
  readonly results: readonly string[];
}

/** A model that speaks the OpenAI wire on loopback and follows a script. */
export interface ScriptedModel {
  /** For OPENAI_COMPATIBLE_BASE_URL. */
  readonly url: string;
  /** How often it was called. */
  calls(): number;
}

interface Message {
  readonly role: string;
  readonly content: unknown;
}

/** Starts it; it ends with the test. */
export async function startScriptedModel(script: (asked: Asked) => Line): Promise<ScriptedModel> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    calls++;
    const { messages } = JSON.parse(await bodyOf(request)) as { messages: readonly Message[] };
    const line = script(askedOf(messages));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const delta of deltasOf(line, `call_${calls}`)) response.write(frame(delta));
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the model has no port');
  return { url: `http://127.0.0.1:${address.port}/v1`, calls: () => calls };
}

function askedOf(messages: readonly Message[]): Asked {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const results = messages.slice(last + 1).filter(({ role }) => role === 'tool');
  return {
    question: textOf(messages[last]?.content),
    results: results.map(({ content }) => textOf(content)),
  };
}

/** Contents are text, or parts of which some have text. */
function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

function deltasOf(line: Line, id: string): readonly object[] {
  if (typeof line === 'string') {
    const words = line.split(/(?<= )/).map((content) => ({ choices: [choice({ content })] }));
    return [...words, { choices: [choice({}, 'stop')], usage: usage(words.length) }];
  }
  const { tool: name, input } = line;
  const call = {
    index: 0,
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  };
  return [
    { choices: [choice({ tool_calls: [call] })] },
    { choices: [choice({}, 'tool_calls')], usage: usage(1) },
  ];
}

const choice = (delta: object, finish_reason: string | null = null) => ({
  index: 0,
  delta,
  finish_reason,
});

const usage = (completion_tokens: number) => ({
  prompt_tokens: 40,
  completion_tokens,
  total_tokens: 40 + completion_tokens,
});

const frame = (part: object): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'scripted', ...part })}\n\n`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) body += String(piece);
  return body;
}
