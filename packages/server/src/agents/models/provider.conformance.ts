import { describe, expect, it } from 'vitest';
import type { ModelCall, ModelTool } from './contract.ts';
import {
  KEY,
  sceneFor,
  type ProviderUnderTest,
  type WithProvider,
} from './testing/provider-scene.ts';
import type { Reply } from './testing/reply.ts';

const calculator: ModelTool = {
  name: 'calculator',
  description: 'Works out an expression',
  input_schema: {
    type: 'object',
    properties: { expression: { type: 'string' } },
    required: ['expression'],
    additionalProperties: false,
  },
};

const OVERLOADED = {
  kind: 'error',
  status: 500,
  code: 'server_error',
  message: 'It broke',
} as const;
const HELLO = { kind: 'answer', text: ['Hello'] } as const satisfies Reply;

/** What every provider must do alike, against a server that speaks its wire. */
export function describeProvider(subject: ProviderUnderTest): void {
  const withProvider = sceneFor(subject);
  describe(`the ${subject.name} provider`, () => {
    describeAnswers(subject, withProvider);
    describeToolCalls(withProvider);
    describeErrors(withProvider);
    describeBrokenStreams(withProvider);
    describeRetries(withProvider);
  });
}

function describeAnswers(subject: ProviderUnderTest, withProvider: WithProvider): void {
  it('streams the text in pieces and reports usage and model', async () => {
    const reply: Reply = {
      kind: 'answer',
      text: ['Hel', 'lo ', 'there.'],
      usage: { input: 11, output: 7 },
    };
    await withProvider([reply], async ({ ask, provider }) => {
      const pieces: string[] = [];
      const answer = await ask({ on_text: (delta) => pieces.push(delta) });
      expect(pieces).toEqual(['Hel', 'lo ', 'there.']);
      expect(answer).toMatchObject({
        text: 'Hello there.',
        tool_calls: [],
        finish_reason: 'stop',
        usage: { input_tokens: 11, output_tokens: 7 },
        model: subject.reported_model ?? 'fake-model-2026',
      });
      expect(provider.requests[0]?.headers[subject.wire.authorization_header]).toContain(KEY);
    });
  });

  it('sends the conversation, the tools and the parameters', async () => {
    await withProvider([HELLO], async ({ ask, provider }) => {
      await ask({
        messages: [
          { role: 'system', content: 'Be brief-7731.' },
          { role: 'user', content: 'First-7732' },
          { role: 'assistant', content: 'Earlier-7733' },
          { role: 'user', content: 'Second-7734' },
          { role: 'system', content: 'Be kind-7735.' },
        ],
        tools: [calculator],
        max_tokens: 321,
      });
      const sent = JSON.stringify(provider.requests[0]?.body);
      for (const each of ['7731', '7732', '7733', '7734', '7735', 'calculator', '321']) {
        expect(sent).toContain(each);
      }
    });
  });

  it('says when the answer was cut at the token limit', async () => {
    await withProvider(
      [{ kind: 'answer', text: ['Once upon'], finish: 'length' }],
      async ({ ask }) => {
        expect(await ask()).toMatchObject({ text: 'Once upon', finish_reason: 'length' });
      },
    );
  });
}

function describeToolCalls(withProvider: WithProvider): void {
  const pieces = ['{"expr', 'ession":"(17 / 100)', ' * 2340"}'];
  const wanted: Reply = {
    kind: 'answer',
    text: ['Let me see.'],
    tool_calls: [
      { id: 'call_a', name: 'calculator', argument_pieces: pieces },
      { id: 'call_b', name: 'calculator', argument_pieces: ['{"expression":"1+1"}'] },
    ],
    finish: 'tool_calls',
  };

  it('puts tool calls together that arrive in pieces, and takes their results back', async () => {
    await withProvider([wanted, { kind: 'answer', text: ['397.8'] }], async ({ ask, provider }) => {
      const question = { role: 'user', content: 'What is 17% of 2340?' } as const;
      const first = await ask({ tools: [calculator], messages: [question] });
      expect(first.finish_reason).toBe('tool_calls');
      expect(first.tool_calls.map(({ name, input }) => ({ name, input }))).toEqual([
        { name: 'calculator', input: { expression: '(17 / 100) * 2340' } },
        { name: 'calculator', input: { expression: '1+1' } },
      ]);
      const { text: content, tool_calls, provider_turn } = first;
      const assistant = {
        role: 'assistant' as const,
        content,
        tool_calls,
        ...(provider_turn === undefined ? {} : { provider_turn }),
      };
      const results = tool_calls.map((call, index) => ({
        role: 'tool' as const,
        tool_call_id: call.id,
        tool: call.name,
        output: index === 0 ? { result: 397.8 } : 'it would not-7741',
        is_error: index === 1,
      }));
      // What a run stores is JSON: it must come back from there as good as new.
      const messages = JSON.parse(
        JSON.stringify([question, assistant, ...results]),
      ) as ModelCall['messages'];
      const second = await ask({ tools: [calculator], messages });
      expect(second.text).toBe('397.8');
      const sent = JSON.stringify(provider.requests[1]?.body);
      expect(sent).toContain('(17 / 100) * 2340');
      expect(sent).toContain('397.8');
      expect(sent).toContain('it would not-7741');
    });
  });

  it('takes a conversation that another provider began', async () => {
    await withProvider([HELLO], async ({ ask, provider }) => {
      await ask({
        messages: [
          { role: 'user', content: 'Well?' },
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ id: 'call_x', name: 'calculator', input: { expression: '6*7' } }],
            provider_turn: {
              model: 'other/model',
              messages: [{ role: 'assistant', content: 'foreign-7751' }],
            },
          },
          { role: 'tool', tool_call_id: 'call_x', tool: 'calculator', output: 42, is_error: false },
        ],
        tools: [calculator],
      });
      const sent = JSON.stringify(provider.requests[0]?.body);
      expect(sent).toContain('6*7');
      expect(sent).not.toContain('foreign-7751');
    });
  });

  it('passes up a call of a tool that was not offered', async () => {
    const tool_calls = [{ id: 'call_a', name: 'teleport', argument_pieces: ['{"to":"Oslo"}'] }];
    const reply: Reply = { kind: 'answer', tool_calls, finish: 'tool_calls' };
    for (const tools of [[calculator], []]) {
      await withProvider([reply], async ({ ask }) => {
        const answer = await ask({ tools });
        expect(answer.tool_calls).toMatchObject([{ name: 'teleport', input: { to: 'Oslo' } }]);
        expect(answer.finish_reason).toBe('tool_calls');
      });
    }
  });

  it('passes up arguments that do not fit the schema: the run checks those', async () => {
    const tool_calls = [{ id: 'call_a', name: 'calculator', argument_pieces: ['{"x":1}'] }];
    await withProvider([{ kind: 'answer', tool_calls, finish: 'tool_calls' }], async ({ ask }) => {
      const answer = await ask({ tools: [calculator] });
      expect(answer.tool_calls).toMatchObject([{ name: 'calculator', input: { x: 1 } }]);
    });
  });

  it('reads a call without arguments as an empty object', async () => {
    const tool_calls = [{ id: 'call_a', name: 'calculator', argument_pieces: [] }];
    await withProvider([{ kind: 'answer', tool_calls, finish: 'tool_calls' }], async ({ ask }) => {
      const answer = await ask({ tools: [calculator] });
      expect(answer.tool_calls).toMatchObject([{ name: 'calculator', input: {} }]);
    });
  });

  const tool_calls = [
    { id: 'call_a', name: 'calculator', argument_pieces: ['{"expression": "1+', '1'] },
  ];
  const garbled: Reply = { kind: 'answer', tool_calls, finish: 'tool_calls' };

  it('asks once more when the arguments are not JSON', async () => {
    await withProvider(
      [garbled, wanted],
      async ({ ask }) => {
        expect((await ask({ tools: [calculator] })).tool_calls).toHaveLength(2);
      },
      { max_retries: 3 },
    );
  });

  it('gives up when the arguments are not JSON twice', async () => {
    await withProvider(
      [garbled, garbled],
      async ({ fail, provider }) => {
        const error = await fail({ tools: [calculator] });
        expect(error).toMatchObject({ error_class: 'malformed_answer', is_retryable: false });
        expect(provider.requests).toHaveLength(2);
      },
      { max_retries: 3 },
    );
  });
}

function describeErrors(withProvider: WithProvider): void {
  const cases = [
    {
      status: 401,
      code: 'authentication_error',
      error_class: 'authentication',
      is_retryable: false,
    },
    { status: 403, code: 'permission_error', error_class: 'authentication', is_retryable: false },
    { status: 429, code: 'rate_limit_exceeded', error_class: 'rate_limit', is_retryable: true },
    { status: 429, code: 'insufficient_quota', error_class: 'quota', is_retryable: false },
    { status: 402, code: 'payment_required', error_class: 'quota', is_retryable: false },
    {
      status: 400,
      code: 'invalid_request_error',
      error_class: 'invalid_request',
      is_retryable: false,
    },
    { status: 404, code: 'not_found_error', error_class: 'invalid_request', is_retryable: false },
    { status: 500, code: 'server_error', error_class: 'unavailable', is_retryable: true },
    { status: 503, code: 'overloaded_error', error_class: 'unavailable', is_retryable: true },
  ] as const;

  it.each(cases)('tells $status $code as $error_class', async ({ status, code, ...expected }) => {
    const message = `Told-7761 about ${KEY}`;
    await withProvider([{ kind: 'error', status, code, message }], async ({ fail }) => {
      const error = await fail();
      expect(error).toMatchObject(expected);
      expect(error.message).toContain(String(status));
      // The words that come with a 401 often hold parts of the key.
      expect(error.message.includes('Told-7761')).toBe(status !== 401);
    });
  });

  it('tells an address where nobody listens as unavailable', async () => {
    await withProvider([], async ({ provider, fail }) => {
      await provider[Symbol.asyncDispose]();
      expect(await fail()).toMatchObject({ error_class: 'unavailable', is_retryable: true });
    });
  });

  it('stops when the caller stops, before and during the answer', async () => {
    await withProvider([{ kind: 'hang', text: ['One'] }], async ({ fail, provider }) => {
      const stop = new AbortController();
      const error = await fail({ signal: stop.signal, on_text: () => stop.abort() });
      expect(error).toMatchObject({ error_class: 'cancelled', is_retryable: false });
      await provider.requests[0]?.closed;
      expect(await fail({ signal: stop.signal })).toMatchObject({ error_class: 'cancelled' });
      expect(provider.requests).toHaveLength(1);
    });
  });
}

function describeBrokenStreams(withProvider: WithProvider): void {
  it.each(['cut', 'end_early'] as const)('fails when the stream breaks off (%s)', async (kind) => {
    await withProvider([{ kind, text: ['One ', 'two'] }], async ({ fail }) => {
      expect(await fail()).toMatchObject({ error_class: 'unavailable', is_retryable: true });
    });
  });

  it('fails when a chunk is not JSON', async () => {
    await withProvider([{ kind: 'garbage', text: ['One'] }], async ({ fail }) => {
      expect(await fail()).toMatchObject({ error_class: 'malformed_answer' });
    });
  });

  it('reads an error that is reported inside the stream', async () => {
    const reply: Reply = {
      kind: 'stream_error',
      text: ['One'],
      code: 'overloaded_error',
      message: `Full-7771 ${KEY}`,
    };
    await withProvider([reply], async ({ fail }) => {
      const error = await fail();
      expect(error).toMatchObject({ error_class: 'unavailable', is_retryable: true });
      expect(error.message).toContain('Full-7771');
    });
  });

  it.each([{ text: [] }, { text: ['One'] }])(
    'times out when nothing more comes ($text)',
    async ({ text }) => {
      await withProvider(
        [{ kind: 'hang', text }],
        async ({ fail, provider }) => {
          expect(await fail()).toMatchObject({ error_class: 'timeout', is_retryable: true });
          await provider.requests[0]?.closed;
        },
        { request_timeout_ms: 150 },
      );
    },
  );
}

function describeRetries(withProvider: WithProvider): void {
  it('tries again with growing pauses, and then answers', async () => {
    await withProvider(
      [OVERLOADED, OVERLOADED, HELLO],
      async ({ ask, waits }) => {
        expect((await ask()).text).toBe('Hello');
        expect(waits).toEqual([375, 750]);
      },
      { max_retries: 2 },
    );
  });

  it('gives up after the last retry', async () => {
    await withProvider(
      [OVERLOADED, OVERLOADED, OVERLOADED],
      async ({ fail, provider }) => {
        expect(await fail()).toMatchObject({ error_class: 'unavailable' });
        expect(provider.requests).toHaveLength(3);
      },
      { max_retries: 2 },
    );
  });

  it('waits as long as the provider asks for, and not at all when that is too long', async () => {
    const limited = (seconds: string): Reply => ({
      kind: 'error',
      status: 429,
      code: 'rate_limit_exceeded',
      message: 'Slow down',
      headers: { 'retry-after': seconds },
    });
    await withProvider(
      [limited('7'), HELLO],
      async ({ ask, waits }) => {
        await ask();
        expect(waits).toEqual([7_125]);
      },
      { max_retries: 2 },
    );
    await withProvider(
      [limited('3600')],
      async ({ fail, waits }) => {
        expect(await fail()).toMatchObject({
          error_class: 'rate_limit',
          retry_after_ms: 3_600_000,
        });
        expect(waits).toEqual([]);
      },
      { max_retries: 2 },
    );
  });

  it.each([401, 402, 404])('does not try again after %d', async (status) => {
    await withProvider(
      [{ kind: 'error', status, code: 'x', message: 'No' }],
      async ({ fail, provider }) => {
        await fail();
        expect(provider.requests).toHaveLength(1);
      },
      { max_retries: 2 },
    );
  });

  it('does not try again once text was passed on, and does while nobody heard it', async () => {
    const broken: Reply = { kind: 'end_early', text: ['One'] };
    await withProvider(
      [broken],
      async ({ fail, provider }) => {
        expect(await fail({ on_text: () => {} })).toMatchObject({ is_retryable: true });
        expect(provider.requests).toHaveLength(1);
      },
      { max_retries: 2 },
    );
    await withProvider(
      [broken, HELLO],
      async ({ ask }) => {
        expect((await ask()).text).toBe('Hello');
      },
      { max_retries: 2 },
    );
  });
}
