import { describe, expect, it } from 'vitest';
import { newId } from '../../base/index.ts';
import { openTestIngest, runBody, type Json, type TestIngest } from './testing.ts';

const SECRET = 'zebra-4711';
const SHAPE = { code: 'invalid_run', status: 422, status_code: 422, path: '/v1/runs' };

function step(changes: Record<string, unknown>): Record<string, unknown> {
  return {
    seq: 0,
    step_type: 'tool',
    name: 'call',
    latency_ms: 1,
    started_at: '2026-01-01T00:00:00Z',
    ended_at: '2026-01-01T00:00:01Z',
    ...changes,
  };
}

function decision(changes: Record<string, unknown>): Record<string, unknown> {
  return {
    decision_type: 'tool_selection',
    selected: 'x',
    reason_code: 'cost_optimization',
    ...changes,
  };
}

const signal = (changes: Record<string, unknown>) => ({
  signal_type: 'tool_success',
  signal_code: 'first_attempt',
  value: true,
  ...changes,
});
const FAILURE = { failure_type: 'tool', failure_code: 'x', message: 'm' };
const ID = newId();

/** What is wrong, the place that has to be told, and the message where the contract has one. */
const CASES: [string, Record<string, unknown>, string, string?][] = [
  ['a missing agent', { agent_id: undefined }, 'agent_id', 'is missing'],
  ['an empty agent', { agent_id: '' }, 'agent_id'],
  ['a long agent', { agent_id: SECRET.repeat(30) }, 'agent_id'],
  ['a number as version', { agent_version: 1 }, 'agent_version'],
  ['a long environment', { environment: 'e'.repeat(51) }, 'environment'],
  ['an unknown status', { status: SECRET }, 'status'],
  ['running as status', { status: 'running' }, 'status'],
  ['a bad run_id', { run_id: SECRET }, 'run_id'],
  ['no start', { started_at: null }, 'started_at'],
  ['a start that is no time', { started_at: SECRET }, 'started_at'],
  ['a day that does not exist', { started_at: '2026-02-30T00:00:00Z' }, 'started_at'],
  ['a time out of range', { started_at: 1e30 }, 'started_at'],
  [
    'an end before the start',
    { ended_at: '2025-12-31T23:59:59Z' },
    'ended_at',
    'Value error, ended_at must be >= started_at',
  ],
  [
    'mixed naive and aware times in the wrong order',
    { started_at: '2026-01-01T00:00:00', ended_at: '2026-01-01T00:00:00+01:00' },
    'ended_at',
    'Value error, ended_at must be >= started_at',
  ],
  [
    'a failure that is null',
    { status: 'failure', failure: null },
    'failure',
    "Value error, Runs with status='failure' must include a failure object for semantic classification",
  ],
  ['a failure left out', { status: 'failure', failure: undefined }, 'failure'],
  ['a failure that is text', { status: 'failure', failure: SECRET }, 'failure'],
  [
    'an unknown failure type',
    { failure: { ...FAILURE, failure_type: 'x' } },
    'failure.failure_type',
  ],
  ['an empty message', { failure: { ...FAILURE, message: '' } }, 'failure.message'],
  ['a failure step of another run', { failure: { ...FAILURE, step_id: ID } }, 'failure.step_id'],
  ['steps that are null', { steps: null }, 'steps'],
  ['a step that is text', { steps: [SECRET] }, 'steps[0]'],
  [
    'a hole in seq',
    { steps: [step({}), step({ seq: 2 })] },
    'steps',
    'Value error, Steps must have sequential seq values starting from 0. Got: [0, 2], expected: [0, 1]',
  ],
  ['the same seq twice', { steps: [step({}), step({})] }, 'steps'],
  [
    'the same step twice',
    { steps: [step({ step_id: ID }), step({ step_id: ID, seq: 1 })] },
    'steps',
  ],
  ['too many steps', { steps: Array.from({ length: 10_001 }, () => 0) }, 'steps'],
  ['a negative seq', { steps: [step({ seq: -1 })] }, 'steps[0].seq'],
  ['half a latency', { steps: [step({ latency_ms: 1.5 })] }, 'steps[0].latency_ms'],
  ['a huge latency', { steps: [step({ latency_ms: 2 ** 31 })] }, 'steps[0].latency_ms'],
  ['a huge integer', { steps: [step({ latency_ms: 1e300 })] }, 'steps[0].latency_ms'],
  ['a huge integer as text', { steps: [step({ seq: '9'.repeat(400) })] }, 'steps[0].seq'],
  ['an unknown step type', { steps: [step({ step_type: SECRET })] }, 'steps[0].step_type'],
  ['a step that ends early', { steps: [step({ ended_at: '2025-01-01' })] }, 'steps[0].ended_at'],
  ['NUL in a name', { steps: [step({ name: `a\0${SECRET}` })] }, 'steps[0].name'],
  ['half a surrogate pair', { steps: [step({ name: '\ud800' })] }, 'steps[0].name'],
  [
    'NUL in metadata',
    { steps: [step({ metadata: { k: { [`\0${SECRET}`]: 1 } } })] },
    'steps[0].metadata',
  ],
  ['metadata that is a list', { steps: [step({ metadata: [] })] }, 'steps[0].metadata'],
  [
    'large metadata',
    { steps: [step({ metadata: { k: 'x'.repeat(70_000) } })] },
    'steps[0].metadata',
  ],
  ['negative tokens', { steps: [step({ input_tokens: -1 })] }, 'steps[0].input_tokens'],
  [
    'an unknown decision',
    { decisions: [decision({ decision_type: 'zzz' })] },
    'decisions[0].decision_type',
  ],
  [
    'a reason of another decision',
    { decisions: [decision({ reason_code: 'b' })] },
    'decisions[0].reason_code',
    "Value error, Invalid reason_code 'b' for decision_type 'tool_selection'. Valid codes: ['fresh_data_required', 'cached_data_sufficient', 'tool_unavailable', 'cost_optimization', 'latency_optimization', 'accuracy_required']",
  ],
  [
    'a private reason',
    { decisions: [decision({ reason_code: SECRET })] },
    'decisions[0].reason_code',
  ],
  [
    'too much confidence',
    { decisions: [decision({ confidence: 1.01 })] },
    'decisions[0].confidence',
  ],
  [
    'candidates that are no texts',
    { decisions: [decision({ candidates: [1] })] },
    'decisions[0].candidates',
  ],
  [
    'a decision of another step',
    { decisions: [decision({ step_id: ID })] },
    'decisions[0].step_id',
  ],
  [
    'a decision twice',
    { decisions: [decision({ decision_id: ID }), decision({ decision_id: ID })] },
    'decisions',
  ],
  [
    'a signal without value',
    { quality_signals: [signal({ value: null })] },
    'quality_signals[0].value',
  ],
  [
    'an unknown signal',
    { quality_signals: [signal({ signal_code: 'x' })] },
    'quality_signals[0].signal_code',
  ],
  ['a heavy signal', { quality_signals: [signal({ weight: 2 })] }, 'quality_signals[0].weight'],
];

async function nothingStored({ count }: TestIngest) {
  for (const table of [
    'run_keys',
    'runs',
    'run_steps',
    'run_failures',
    'run_decisions',
    'run_signals',
    'run_rollups',
  ])
    expect(await count(table), table).toBe(0);
}

describe('a report of a run that does not fit', () => {
  it('answers 422 with the place of each, stores nothing, and repeats nothing of it', async () => {
    const test = await openTestIngest();
    for (const [what, changes, path, message] of CASES) {
      const { status, body } = await test.post('/v1/runs', {
        ...runBody({ steps: [], decisions: [] }),
        ...changes,
      });
      expect([what, status, body.code]).toEqual([what, 422, 'invalid_run']);
      expect(body, what).toMatchObject(SHAPE);
      expect(typeof body.error, what).toBe('string');
      expect(
        body.errors.map((error: Json) => error.path),
        what,
      ).toContain(path);
      const { message: said } = body.errors[0];
      expect(said, what).toBe(message ?? said);
      expect(JSON.stringify(body), what).not.toMatch(/zebra|select |insert into|recordset/i);
    }
    await nothingStored(test);
  });

  it('tells all that does not fit at once', async () => {
    const { post } = await openTestIngest();
    const { body } = await post('/v1/runs', {
      status: 'x',
      started_at: 'y',
      steps: [step({ seq: 'z' })],
    });
    expect(body.errors.map((error: Json) => error.path)).toEqual([
      'agent_id',
      'agent_version',
      'started_at',
      'status',
      'steps[0].seq',
    ]);
  });

  it.each([
    ['a list', '[]', 422],
    ['null', 'null', 422],
    ['text', '"a"', 422],
    ['nothing', '', 422],
    ['broken JSON', '{"a":', 422],
    ['a poisoned key', '{"__proto__": {}}', 422],
  ])('answers for %s', async (_, body, status) => {
    const { post } = await openTestIngest();
    const answer = await post('/v1/runs', body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status_code: status, path: '/v1/runs' });
    const [{ type, loc, msg }] = answer.body.detail;
    expect([type, loc]).toEqual([
      body.startsWith('{') || body === '' ? 'json_invalid' : 'value_error',
      ['body'],
    ]);
    expect(msg).toBeTypeOf('string');
  });

  it('says what does not fit as a list too, as the original does, without what came', async () => {
    const { post } = await openTestIngest();
    const steps = [step({ metadata: { Prompt: SECRET } }), step({ seq: 1, name: '' })];
    const { status, body } = await post('/v1/runs', {
      ...runBody({ steps, decisions: [] }),
      agent_id: undefined,
    });
    expect(status).toBe(422);
    expect(body.detail).toEqual([
      { type: 'missing', loc: ['body', 'agent_id'], msg: 'is missing' },
      {
        type: 'value_error',
        loc: ['body', 'steps', 1, 'name'],
        msg: 'must have 1 to 255 characters',
      },
    ]);
    expect(body.error).toContain('agent_id: is missing');
  });

  it('answers 415 for another type and 413 for too much', async () => {
    const { post } = await openTestIngest();
    const text = await post('/v1/runs', 'a', { 'content-type': 'text/plain' });
    expect(text.status).toBe(415);
    const large = await post('/v1/runs', JSON.stringify({ a: 'x'.repeat(9 * 1_048_576) }));
    expect(large.status).toBe(413);
    expect(large.body.error).toContain('8 MiB');
  });

  it('under the policy to refuse, answers 422 for private data, and repeats none of it', async () => {
    const test = await openTestIngest();
    const cases: Record<string, unknown>[] = [
      { steps: [step({ metadata: { Prompt: SECRET } })] },
      { status: 'failure', failure: { ...FAILURE, message: `the password is ${SECRET}` } },
      { decisions: [decision({ metadata: { reasoning: SECRET } })] },
      { quality_signals: [signal({ metadata: { k: [SECRET] } })] },
      { steps: [step({ metadata: { a: { note: 'mail zebra-4711@example.org' } } })] },
    ];
    for (const changes of cases) {
      const { status, body } = await test.post('/v1/runs', {
        ...runBody({ steps: [], decisions: [] }),
        ...changes,
      });
      expect(status, JSON.stringify(changes)).toBe(422);
      expect(JSON.stringify(body)).not.toContain('zebra');
    }
    await nothingStored(test);
    const { body } = await test.post('/v1/runs', { ...runBody({ decisions: [] }), ...cases[0] });
    expect(body.errors).toEqual([
      {
        path: 'steps[0].metadata.Prompt',
        message:
          "Value error, Metadata key 'Prompt' may contain sensitive data. Only safe metadata allowed (tool names, codes, counts).",
      },
    ]);
  });

  it('under the policy to redact, fits what is left into its columns', async () => {
    const test = await openTestIngest({ privacy: 'redact' });
    const mails = (n: number) => 'a@b.co '.repeat(n).trim();
    const { status, body } = await test.post('/v1/runs', {
      ...runBody({ steps: [step({ name: mails(36) })], status: 'failure' }),
      agent_id: mails(36),
      agent_version: mails(14),
      environment: mails(7),
      failure: { ...FAILURE, failure_code: mails(14), message: mails(1_000) },
      decisions: [decision({ selected: mails(28), candidates: ['a@b.co'] })],
    });
    expect(status, JSON.stringify(body)).toBe(201);
    expect(JSON.stringify(body)).not.toContain('a@b');
    const { db } = test;
    const stored = await db.query({ text: 'select agent_version, environment from runs' });
    expect(stored.rows[0]).toMatchObject({ environment: body.environment });
  });

  it('names private data where the client put it', async () => {
    const { post } = await openTestIngest();
    const { body } = await post('/v1/runs', {
      ...runBody({ steps: [], status: 'failure' }),
      failure: { ...FAILURE, message: 'a@b.co' },
      decisions: [decision({ candidates: ['x', 'a@b.co'] })],
    });
    expect(body.errors.map((error: Json) => error.path)).toEqual([
      'failure.message',
      'decisions[0].candidates[1]',
    ]);
  });

  it('takes the largest figures that it takes', async () => {
    const { post } = await openTestIngest();
    const steps = [0, 1, 2].map((seq) =>
      step({ seq, input_tokens: 1e12, latency_ms: 2 ** 31 - 1, cost_usd: 1e12 }),
    );
    expect((await post('/v1/runs', runBody({ steps, decisions: [] }))).status).toBe(201);
  });

  it('takes "token limit exceeded" as a message', async () => {
    const { post } = await openTestIngest();
    const failure = { ...FAILURE, message: 'token limit exceeded' };
    expect((await post('/v1/runs', runBody({ status: 'failure', failure }))).status).toBe(201);
  });
});

describe('a report of a run that is lax', () => {
  it('is read as the original reads it', async () => {
    const { post } = await openTestIngest();
    const run_id = newId();
    const { status, body } = await post('/v1/runs', {
      run_id: run_id.replaceAll('-', '').toUpperCase(),
      agent_id: 'a',
      agent_version: '1',
      environment: '',
      status: 'success',
      unknown: { anything: 1 },
      started_at: '2026-01-01 00:00:00',
      ended_at: 1767225601.5,
      decisions: null,
      quality_signals: [
        signal({
          value: 'yes',
          weight: '0.5',
        }),
      ],
      steps: [
        step({
          seq: '1',
          latency_ms: 2,
          name: 'b',
          metadata: { a: { b: [1] } },
        }),
        step({
          seq: 0,
          latency_ms: '7',
          name: 'a',
          started_at: '2026-01-01T02:00:00.5+02:00',
        }),
      ],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      run_id,
      environment: '',
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:01.500000Z',
      decisions: [],
      quality_signals: [{ value: true, weight: 0.5 }],
      steps: [
        { seq: 0, name: 'a', latency_ms: 7, started_at: '2026-01-01T00:00:00.500000Z' },
        { seq: 1, name: 'b', latency_ms: 2, metadata: { a: { b: [1] } } },
      ],
    });
  });

  it('may have ten thousand steps', async () => {
    const { post, count } = await openTestIngest();
    const steps = Array.from({ length: 10_000 }, (_, seq) => step({ seq }));
    const { status, body } = await post('/v1/runs', runBody({ steps, decisions: [] }));
    expect([status, body.steps.length]).toEqual([201, 10_000]);
    expect(await count('run_steps')).toBe(10_000);
  });
});
