import type { SdkCallOptions, SdkPrompt } from '../language-model.ts';
import { inWords } from './demo-rule.ts';
import { DEMO_RULES } from './demo-rules.ts';

/** What the stand-in does next: it says something, or asks for a tool. */
export type DemoStep =
  | { kind: 'say'; text: string }
  | { kind: 'call'; tool: string; input: Record<string, unknown> };

/** Characters of a message that the rules look at: their patterns are not made for whole books. */
const MAX_CHARS = 4_000;

/** The last sentence of every answer. */
export const NOT_AN_AI = "I am Cairn's demo stand-in, not an AI.";

const HOW_TO_CONFIGURE =
  'For a real model, set OPENROUTER_API_KEY, ANTHROPIC_API_KEY, OPENAI_API_KEY or GOOGLE_GENERATIVE_AI_API_KEY, ' +
  'or OPENAI_COMPATIBLE_BASE_URL and MODEL for Ollama and others, and start again.';

/** Reads the conversation and decides. Never throws, and never asks for a tool that was not offered. */
export function decideDemoStep(prompt: SdkPrompt, tools: SdkCallOptions['tools'] = []): DemoStep {
  const text = lastUserText(prompt);
  const results = resultsAtEnd(prompt);
  if (results.length > 0) return say(results.map((result) => sayResult(text, result)).join(' '));
  const rule = DEMO_RULES.find((each) => each.read(text) !== null);
  const input = rule?.read(text);
  if (!rule || !input) return say(introduce(tools));
  const offered = tools.find((tool) => tool.name === rule.tool);
  if (!offered) {
    return say(`For that I would need the tool "${rule.tool}", which this agent does not have.`);
  }
  const schema = offered.type === 'function' ? offered.inputSchema : {};
  return { kind: 'call', tool: rule.tool, input: onlyKnownFields(input, schema.properties) };
}

function say(text: string): DemoStep {
  return { kind: 'say', text: `${text} ${NOT_AN_AI}` };
}

function introduce(tools: NonNullable<SdkCallOptions['tools']>): string {
  const able = DEMO_RULES.filter((rule) => tools.some((tool) => tool.name === rule.tool));
  const examples = able.map((rule) => `"${rule.example}"`).join(', ');
  const can =
    able.length === 0
      ? 'I follow a few fixed rules, and none of the tools they need is offered here.'
      : `I follow a few fixed rules and understand messages such as ${examples}.`;
  return `${can} ${HOW_TO_CONFIGURE}`;
}

/** Tools that take no other fields refuse calls with more of them; a rule names all that some tool may want. */
function onlyKnownFields(
  input: Record<string, unknown>,
  properties: object | undefined,
): Record<string, unknown> {
  if (properties === undefined) return input;
  return Object.fromEntries(
    Object.entries(input).filter(([key]) => Object.hasOwn(properties, key)),
  );
}

function lastUserText(prompt: SdkPrompt): string {
  const message = prompt.findLast((each) => each.role === 'user');
  if (message?.role !== 'user') return '';
  return message.content
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join(' ')
    .trim()
    .slice(0, MAX_CHARS);
}

interface ToolResult {
  readonly tool: string;
  readonly input: Record<string, unknown>;
  readonly output: unknown;
  /** Why it failed, or null. */
  readonly failure: string | null;
}

/** The results that came after the last thing the person said. */
function resultsAtEnd(prompt: SdkPrompt): ToolResult[] {
  const start = prompt.findLastIndex((message) => message.role === 'user') + 1;
  const inputs = new Map<string, unknown>();
  const results: ToolResult[] = [];
  for (const message of prompt.slice(start)) {
    if (message.role !== 'assistant' && message.role !== 'tool') continue;
    for (const part of message.content) {
      if (part.type === 'tool-call') inputs.set(part.toolCallId, part.input);
      if (part.type !== 'tool-result') continue;
      const input = asRecord(inputs.get(part.toolCallId));
      results.push({ tool: part.toolName, input, ...readOutput(part.output) });
    }
  }
  return results;
}

type Output = Extract<
  Extract<SdkPrompt[number], { role: 'tool' }>['content'][number],
  { type: 'tool-result' }
>['output'];

function readOutput(output: Output): { output: unknown; failure: string | null } {
  switch (output.type) {
    case 'text':
    case 'json':
    case 'content':
      return { output: output.value, failure: null };
    case 'error-text':
    case 'error-json':
      return { output: null, failure: inWords(output.value) };
    case 'execution-denied':
      return { output: null, failure: output.reason ?? 'it was not allowed' };
  }
}

function sayResult(text: string, result: ToolResult): string {
  const { tool, input, output, failure } = result;
  if (failure !== null) return `The tool "${tool}" failed: ${failure.replace(/[.\s]+$/, '')}.`;
  const rule = DEMO_RULES.find((each) => each.tool === tool);
  return rule?.say({ text, input, output }) ?? `The tool "${tool}" answered ${inWords(output)}.`;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
