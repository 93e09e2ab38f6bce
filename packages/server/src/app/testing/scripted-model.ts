import type { ModelAnswer, ModelCall, ModelGateway } from '../../agents/index.ts';

/** What a scripted model says in one step: words, or tools that it wants run. */
export type Line =
  | string
  | { readonly text?: string; readonly tools: readonly { name: string; input: unknown }[] };

/** A call as the script sees it. */
export interface Heard {
  readonly call: ModelCall;
  /** The last message of the user. */
  readonly question: string;
  /** Model calls of this run before this one. */
  readonly step: number;
  /** The system prompt. */
  readonly prompt: string;
}

export interface ScriptedModel extends ModelGateway {
  /** Every call, in the order in which they came. */
  readonly heard: readonly Heard[];
}

/** A model that says what the script says, and keeps what it was asked. What the script throws, it throws. */
export function scriptedModel(script: (heard: Heard) => Line | Promise<Line>): ScriptedModel {
  const heard: Heard[] = [];
  return {
    heard,
    default_model: 'scripted',
    describe: () => ({ model: 'scripted', provider: 'scripted', is_demo: false }),
    async call(call) {
      const asked = call.messages.findLastIndex(({ role }) => role === 'user');
      const question = String(call.messages.slice(asked).map(contentOf)[0]);
      const prompt = String(call.messages.map(contentOf)[0]);
      const step = call.messages.slice(asked).filter(({ role }) => role === 'assistant').length;
      const now: Heard = { call, prompt, question, step };
      heard.push(now);
      const answer = toAnswer(await script(now), step);
      if (answer.text !== '') call.on_text?.(answer.text);
      return answer;
    },
  };
}

function toAnswer(line: Line, step: number): ModelAnswer {
  const { text = '', tools } = typeof line === 'string' ? { text: line, tools: [] } : line;
  return {
    text,
    tool_calls: tools.map(({ name, input }, index) => ({
      id: `call-${step}-${index}`,
      name,
      input,
    })),
    finish_reason: tools.length > 0 ? 'tool_calls' : 'stop',
    usage: { input_tokens: 10, output_tokens: 5 },
    model: 'scripted-1',
  };
}

/** What was said before and with the question, without the system prompt. */
export function spoken(heard: Heard | undefined): unknown[] {
  const messages = heard?.call.messages.slice(1) ?? [];
  return messages.map(contentOf);
}

function contentOf(message: ModelCall['messages'][number]): unknown {
  return message.role === 'tool' ? message.output : message.content;
}
