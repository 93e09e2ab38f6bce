import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PrivacyPolicy } from './contract.ts';
import { DISCLOSURES } from './testing/disclosing-messages.ts';
import { INNOCENT_MESSAGES } from './testing/innocent-messages.ts';
import { scanMetadata, scanRun, scanText } from './scan-run.ts';

const POLICIES = ['reject', 'redact', 'allow'] as const satisfies PrivacyPolicy[];

function aRun() {
  return {
    run_id: '0192f0c1-7a3b-7c1d-8e2f-1234567890ab',
    agent_id: 'planner',
    agent_version: '1.4.0',
    environment: 'production',
    status: 'failure',
    started_at: '2026-11-21T17:00:00.000000Z',
    ended_at: '2026-11-21T17:00:04.000000Z',
    steps: [
      {
        step_id: '0192f0c1-7a3b-7c1d-8e2f-1234567890ac',
        seq: 0,
        step_type: 'tool',
        name: 'search',
        latency_ms: 120,
        metadata: {
          tool: 'search',
          attempt: 1,
          http_status: 200,
          input_tokens: 12,
          'gen_ai.response.finish_reasons': ['stop'],
          usage: { input: 12, output: 30 },
        },
      },
    ],
    failures: [{ step_id: null, failure_type: 'tool', failure_code: 'timeout', message: 'late' }],
    decisions: [
      {
        decision_type: 'tool_selection',
        selected: 'search',
        reason_code: 'accuracy_required',
        candidates: ['search', 'browse'],
        confidence: 0.9,
        metadata: { score: 1.5, cached: false, note: null },
      },
    ],
    quality_signals: [
      { signal_type: 'tool_success', signal_code: 'first_attempt', value: true, metadata: {} },
    ],
  };
}

describe('scanRun', () => {
  it.each(['reject', 'redact', 'allow'] as const)(
    'gives an innocent run back as it is (%s)',
    (policy) => {
      const run = aRun();
      const { clean, findings, found } = scanRun(run, policy);
      expect(clean).toBe(run);
      expect(findings).toEqual([]);
      expect(found).toBe(0);
    },
  );

  it('lets every innocent message pass', () => {
    for (const message of INNOCENT_MESSAGES)
      expect(scanText(message, 'message', 'reject').found).toBe(0);
  });

  describe('has the exact messages of the contract for', () => {
    const messageOf = (run: object) => {
      const [finding] = scanRun(run, 'reject').findings;
      return [finding?.loc, finding?.message];
    };

    it.each(['Prompt', 'response', 'OUTPUT', 'input', 'content', 'text', 'message'])(
      'the step metadata key %s',
      (key) => {
        expect(messageOf({ steps: [{ metadata: { [key]: 1 } }] })).toEqual([
          ['body', 'steps', 0, 'metadata'],
          `Value error, Metadata key '${key}' may contain sensitive data. Only safe metadata allowed (tool names, codes, counts).`,
        ]);
      },
    );

    it('a step metadata key that only decisions may not have: none, for a number', () => {
      expect(scanRun({ steps: [{ metadata: { reasoning: 3 } }] }, 'reject').found).toBe(0);
    });

    it.each(['reasoning', 'Thought', 'chain_of_thought', 'explanation', 'rationale', 'prompt'])(
      'the key %s of a decision and of a signal',
      (key) => {
        for (const list of ['decisions', 'quality_signals']) {
          expect(messageOf({ [list]: [{}, { metadata: { ok: 1, [key]: true } }] })).toEqual([
            ['body', list, 1, 'metadata'],
            `Value error, Metadata key '${key}' may contain sensitive data and is not allowed. Privacy constraint: no prompts, responses, or reasoning text.`,
          ]);
        }
      },
    );

    it('a value that is not primitive', () => {
      expect(messageOf({ decisions: [{ metadata: { k: [1] } }] })[1]).toBe(
        "Value error, Metadata value for 'k' must be primitive type (str, int, float, bool, None). Got: list",
      );
      expect(messageOf({ quality_signals: [{ metadata: { k: {} } }] })[1]).toBe(
        "Value error, Metadata value for 'k' must be primitive type (str, int, float, bool, None). Got: dict",
      );
    });

    it('a string of 101 characters, counted as people do, and none for 100', () => {
      const metadata = (text: string) => ({ decisions: [{ metadata: { k: text } }] });
      expect(messageOf(metadata('x'.repeat(101)))[1]).toBe(
        "Value error, Metadata string 'k' exceeds 100 characters. Privacy constraint: structured metadata only, no long text.",
      );
      expect(scanRun(metadata('x'.repeat(100)), 'reject').found).toBe(0);
      expect(scanRun(metadata('\u{1F600}'.repeat(100)), 'reject').found).toBe(0);
      expect(scanRun(metadata('\u{1F600}'.repeat(101)), 'reject').found).toBe(1);
    });

    it.each([
      ['login failed: Password=hunter2', 'password'],
      ['api_key=f00ba4f00ba4 was refused', 'api_key'],
      ['token=abc123def', 'token'],
      ['client_secret=zxcvb98765', 'secret'],
      ['postgres://app:pa55w0rd@db/app', 'credential'],
      ['alice@example.com is unknown', 'email'],
    ])('the failure message %j', (message, word) => {
      for (const run of [{ failure: { message } }, { failures: [{ message }] }]) {
        expect(messageOf(run)[1]).toBe(
          `Value error, Failure message may contain sensitive data ('${word}'). Privacy-safe messages required.`,
        );
      }
      expect(messageOf({ failure: { message } })[0]).toEqual(['body', 'failure', 'message']);
    });
  });

  describe.each([
    ['user_prompt', 'hello'],
    ['promptText', 'hello'],
    ['userprompt', 'hello'],
    ['llm.response.body', 'hello'],
    ['gen-ai-input-messages', ['hello']],
    ['LLMOutput', 'hello'],
    ['assistantMessages', [{ role: 'user' }]],
    ['reasoning_text', 'hello'],
    ['chainOfThought', 'hello'],
    ['CHAIN-OF-THOUGHT', 'hello'],
    ['system.instructions', 'hello'],
  ])('the key %s with %j', (key, value) => {
    it('is content, at the top and below', () => {
      for (const metadata of [{ [key]: value }, { a: { b: [{ [key]: value }] } }]) {
        const { clean, findings } = scanMetadata(metadata, 'step', 'redact');
        expect(findings.map(({ rule }) => rule)).toEqual(['content_key']);
        expect(JSON.stringify(clean)).not.toContain(key);
      }
    });

    it('passes with a number', () => {
      expect(scanMetadata({ [key]: 12 }, 'step', 'reject').found).toBe(0);
    });
  });

  it.each([
    'prompt_tokens',
    'promptTokenCount',
    'response_time_ms',
    'response.model',
    'message_id',
    'content-type',
    'contentLength',
    'output_format',
    'text_language',
    'prompt_version',
    'finish_reason',
    'input_hash',
    'context',
    'next_page_token',
    'stop_token',
    'token_type',
    'tool_name',
    'query_type',
    'secret_name',
    'reasoning_effort',
  ])('lets the key %s pass with a short text', (key) => {
    expect(scanMetadata({ [key]: 'abc' }, 'step', 'reject').findings).toEqual([]);
  });

  it.each([
    'password',
    'db_password',
    'apiKey',
    'x-api-key',
    'client_secret',
    'Authorization',
    'accessToken',
    'set-cookie',
    'private_key',
    'connectionString',
  ])('takes the value of %s for a credential under every policy', (key) => {
    for (const policy of ['reject', 'redact', 'allow'] as const) {
      const { clean, findings } = scanMetadata({ a: 1, [key]: 'swordfish' }, 'step', policy);
      expect(clean).toEqual({ a: 1 });
      expect(findings).toMatchObject([{ path: `metadata.${key}`, rule: 'credential' }]);
    }
  });

  it('allows content under allow, but no credentials in it', () => {
    const run = {
      steps: [{ metadata: { prompt: 'Write to alice@example.com, password=hunter2' } }],
      decisions: [{ metadata: { rationale: 'x'.repeat(500), list: [1] } }],
    };
    const { clean, findings } = scanRun(run, 'allow');
    expect(clean).toEqual({
      ...run,
      steps: [
        { metadata: { prompt: 'Write to alice@example.com, password=[redacted:credential]' } },
      ],
    });
    expect(findings).toMatchObject([{ path: 'steps[0].metadata.prompt', rule: 'credential' }]);
  });

  it('looks at names, codes, what was selected and candidates', () => {
    const run = {
      agent_id: 'a-bob@example.com',
      steps: [{ name: 'mail alice@example.com' }],
      failure: { failure_code: 'bad_4111111111111111', message: 'x' },
      decisions: [{ selected: 'c@example.com', candidates: ['ok', 'd@example.com'] }],
    };
    const { clean, findings } = scanRun(run, 'redact');
    expect(findings.map(({ path }) => path)).toEqual([
      'agent_id',
      'steps[0].name',
      'failure.failure_code',
      'decisions[0].selected',
      'decisions[0].candidates[1]',
    ]);
    expect(clean.decisions[0]?.candidates).toEqual(['ok', '[redacted:email]']);
  });

  it('keeps every field within the length that it had, or within 50 characters', () => {
    for (const length of [7, 50, 100, 200, 255]) {
      const text = 'a@b.co '.repeat(40).slice(0, length);
      const { clean } = scanRun({ environment: text, steps: [{ name: text }] }, 'redact');
      expect(clean.environment.length).toBeLessThanOrEqual(Math.max(50, length));
      expect(clean.steps[0]?.name.length).toBeLessThanOrEqual(Math.max(50, length));
      expect(JSON.stringify(clean)).not.toContain('a@b.co');
    }
  });

  it('leaves the numbers of fields numbers', () => {
    const run = { steps: [{ input_tokens: 4111111111111111, metadata: {} }] };
    expect(scanRun(run, 'reject').found).toBe(0);
  });

  it('looks at numbers too', () => {
    const { clean } = scanMetadata({ n: 4111111111111111, at: 1763744400000 }, 'step', 'redact');
    expect(clean).toEqual({ n: '[redacted:card_number]', at: 1763744400000 });
  });

  it('does not tell a private key in a path', () => {
    const { clean, findings } = scanMetadata(
      { 'alice@example.com': { x: 'b@example.com' } },
      'step',
      'redact',
    );
    expect(clean).toEqual({ '[redacted:email]': { x: '[redacted:email]' } });
    expect(findings.map(({ path }) => path)).toEqual([
      'metadata.[redacted:email]',
      'metadata.[redacted:email].x',
    ]);
  });

  it('cuts what is too deep instead of running out of stack', () => {
    let deep: unknown = 'password=hunter2';
    for (let level = 0; level < 50_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep };
    for (const policy of ['redact', 'allow'] as const) {
      const { clean, findings } = scanMetadata({ deep }, 'step', policy);
      expect(JSON.stringify(clean)).not.toContain('hunter2');
      expect(findings.map(({ rule }) => rule)).toEqual(['too_large']);
    }
  });

  it('tells a hundred findings and counts the rest', () => {
    const steps = Array.from({ length: 5_000 }, () => ({ metadata: { prompt: 'x' } }));
    const { findings, found } = scanRun({ steps }, 'reject');
    expect([findings.length, found]).toEqual([100, 5_000]);
  });

  it('keeps __proto__ a key like others', () => {
    const metadata: Record<string, unknown> = JSON.parse(
      '{"__proto__":{"x":"a@example.com"},"prompt":"p"}',
    );
    const { clean } = scanMetadata(metadata, 'step', 'redact');
    expect(JSON.stringify(clean)).toBe('{"__proto__":{"x":"[redacted:email]"}}');
  });

  it('never gives back a secret that was planted anywhere, and never tells it; under allow, no credential', () => {
    const leaf = fc.oneof(
      fc.constantFrom('ok', 'search', 'a b c'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'medium' },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom('a', 'tool', 'usage', 'metadata', 'name', 'input'),
          tie('node'),
          { maxKeys: 4 },
        ),
      ),
    })).node;
    const planted = fc.tuple(
      fc.constantFrom(...DISCLOSURES),
      tree,
      fc.nat(),
      fc.boolean(),
      fc.constantFrom(...POLICIES),
    );
    fc.assert(
      fc.property(planted, ([disclosure, extra, place, as_key, policy]) => {
        fc.pre(policy !== 'allow' || disclosure.rule === 'credential');
        const run = { ...aRun(), extra, metadata: { extra } };
        const spots = spotsOf(run);
        const spot = spots[place % spots.length];
        if (as_key && typeof spot?.holder === 'object' && !Array.isArray(spot.holder))
          spot.holder[disclosure.text] = 1;
        else if (spot) spot.holder[spot.key] = disclosure.text;
        const before = JSON.stringify(run);
        expect(before).toContain(JSON.stringify(disclosure.text).slice(1, -1));
        const { clean, findings, found } = scanRun(run, policy);
        const secret = JSON.stringify(disclosure.secret).slice(1, -1);
        expect(JSON.stringify(clean)).not.toContain(secret);
        expect(JSON.stringify(findings)).not.toContain(secret);
        expect(found).toBeGreaterThan(0);
        expect(JSON.stringify(run)).toBe(before);
        expect(scanRun(clean, policy).clean).toEqual(clean);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Every place below a value where something else could stand. */
function spotsOf(
  value: unknown,
): { holder: Record<string | number, unknown>; key: string | number }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string | number, unknown>;
  return Object.keys(value).flatMap((key) => [{ holder, key }, ...spotsOf(holder[key])]);
}
