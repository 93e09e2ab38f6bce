import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../base/index.ts';
import { EMBEDDER_DEFAULTS, type EmbedderConfig } from '../config.ts';
import type { Embedder } from '../contract.ts';
import { createEmbedder } from '../create-embedder.ts';
import { describeEmbedder, dot, failure } from '../embedder.conformance.ts';
import {
  lettersVector,
  startFakeEmbeddings,
  type FakeEmbeddingsServer,
  type Reply,
  type SeenRequest,
} from '../testing/fake-embeddings-server.ts';

const KEY = 'sk-test-0123456789abcdef';
const EMBED: Reply = { kind: 'embed' };

const settings = (base_url: string, more: Partial<EmbedderConfig> = {}): EmbedderConfig => ({
  ...EMBEDDER_DEFAULTS,
  kind: 'provider',
  provider_base_url: base_url,
  provider_api_key: KEY,
  provider_model: 'some-model',
  max_retries: 0,
  ...more,
});

const errorReply = (
  status: number,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({ kind: 'answer', status, body: { error }, headers });

interface Scene {
  readonly server: FakeEmbeddingsServer;
  readonly embedder: Embedder;
  /** Pauses between attempts, in milliseconds. */
  readonly waits: readonly number[];
}

/** Runs with an embedder on a server that gives `replies` in order, and then embeds. Pauses take no time. */
async function withReplies(
  replies: readonly Reply[] | ((request: SeenRequest, number: number) => Reply),
  run: (scene: Scene) => Promise<void>,
  more: Partial<EmbedderConfig> = {},
): Promise<void> {
  const script =
    typeof replies === 'function'
      ? replies
      : (_request: SeenRequest, number: number) => replies[number - 1] ?? EMBED;
  await using server = await startFakeEmbeddings(script);
  const waits: number[] = [];
  class PatientClock extends ManualClock {
    override async sleep(ms: number): Promise<void> {
      waits.push(ms);
    }
  }
  const embedder = await createEmbedder(settings(server.base_url, more), {
    clock: new PatientClock(),
    random: () => 0.5,
  });
  await run({ server, embedder, waits });
  await embedder.close();
}

describe('any OpenAI-compatible server', () => {
  let server: FakeEmbeddingsServer;
  beforeAll(async () => {
    server = await startFakeEmbeddings(() => EMBED);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describeEmbedder({
    kind: 'provider',
    async open() {
      // As in production: a connection that was left open may be gone when it is used again.
      const { max_retries } = EMBEDDER_DEFAULTS;
      const embedder = await createEmbedder(settings(server.base_url, { max_retries }));
      return { embedder, [Symbol.asyncDispose]: () => embedder.close() };
    },
  });
});

describe('the request to a provider', () => {
  it('is the one of the OpenAI wire, with the key in its header alone', async () => {
    await withReplies([], async ({ server, embedder }) => {
      await embedder.embed(['cat', 'dog']);
      const [request] = server.requests;
      expect(request?.url).toBe('/v1/embeddings');
      expect(request?.headers['authorization']).toBe(`Bearer ${KEY}`);
      expect(request?.body).toEqual({
        model: 'some-model',
        input: ['cat', 'dog'],
        encoding_format: 'float',
        dimensions: 384,
      });
      expect(embedder.name).toMatch(/^provider:127\.0\.0\.1:\d+\/v1:some-model:request$/);
      expect(embedder.sends_text_away).toBe(true);
    });
  });

  it.each(['native', 'truncate'] as const)('asks for no dimensions with "%s"', async (mode) => {
    await withReplies(
      [],
      async ({ server, embedder }) => {
        await embedder.embed(['cat']);
        expect(server.requests[0]?.body).not.toHaveProperty('dimensions');
      },
      { provider_dimensions: mode },
    );
  });

  it('sends no key where none is set, and a password of the address as basic authorization', async () => {
    await withReplies(
      [],
      async ({ server, embedder }) => {
        await embedder.embed(['cat']);
        expect(server.requests[0]?.headers['authorization']).toBeUndefined();
        const url = new URL(server.base_url);
        url.username = 'ada';
        url.password = 'pass-9911';
        url.search = '?api-version=secret-9912';
        const other = await createEmbedder(
          settings(`${url.href}`, { provider_api_key: null, provider_model: 'other' }),
        );
        await other.embed(['cat']);
        const basic = Buffer.from('ada:pass-9911').toString('base64');
        expect(server.requests[1]?.headers['authorization']).toBe(`Basic ${basic}`);
        expect(server.requests[1]?.url).toBe('/v1/embeddings?api-version=secret-9912');
        expect(other.name).not.toContain('991');
      },
      { provider_api_key: null },
    );
  });

  it('carries no more texts than the batch size, no blank ones, and long ones cut', async () => {
    await withReplies(
      [],
      async ({ server, embedder }) => {
        await embedder.embed(['a', '', 'b', 'c', ' ', 'd', 'e'.repeat(10_000)]);
        expect(server.requests.map(({ input }) => input.map((text) => text.length))).toEqual([
          [1, 1],
          [1, 1],
          [6_000],
        ]);
      },
      { batch_size: 2 },
    );
  });

  it('is shortened until the model can read it, without a change for its neighbours', async () => {
    const readable = ({ input }: SeenRequest): Reply =>
      input.every((text) => text.length <= 1_000)
        ? EMBED
        : errorReply(400, { message: "This model's maximum context length is 8192 tokens" });
    await withReplies(readable, async ({ server, embedder }) => {
      const [short, long] = await embedder.embed(['cat', 'x'.repeat(5_000)]);
      expectSame(short, lettersVector('cat'));
      expectSame(long, lettersVector('x'.repeat(625)));
      expect(server.requests.map(({ input }) => input.map((text) => text.length))).toEqual([
        [3, 5_000],
        [3],
        [5_000],
        [2_500],
        [1_250],
        [625],
      ]);
    });
  });

  it('gives up on a text that is too long at any length', async () => {
    const never = errorReply(413, 'too large');
    await withReplies(
      () => never,
      async ({ server, embedder }) => {
        const error = await failure(embedder.embed(['x'.repeat(800)]));
        expect(error.error_class).toBe('invalid_request');
        expect(server.requests).toHaveLength(3);
      },
      { max_retries: 3 },
    );
  });
});

describe('the answer of a provider', () => {
  it('is put in order by its indexes', async () => {
    await withReplies([{ kind: 'embed', is_shuffled: true }], async ({ embedder }) => {
      const [cat, dog] = await embedder.embed(['cat', 'dog']);
      expectSame(cat, lettersVector('cat'));
      expectSame(dog, lettersVector('dog'));
    });
  });

  it('is cut to 384 and made a unit vector again where the model is Matryoshka', async () => {
    await withReplies(
      [{ kind: 'embed', width: 1_024 }],
      async ({ embedder }) => {
        const [cat] = await embedder.embed(['cat']);
        expectSame(cat, lettersVector('cat', 1_024).slice(0, 384));
      },
      { provider_dimensions: 'truncate' },
    );
  });

  it.each([
    ['request', 1_536, /1536 dimensions; search keeps 384.*"truncate"/],
    ['native', 768, /768 dimensions; search keeps 384.*"request"/],
    ['truncate', 256, /256 dimensions; search keeps 384.*384 dimensions or more/],
  ] as const)(
    'of "%s" with %d dimensions is an error that says so',
    async (mode, width, message) => {
      await withReplies(
        [{ kind: 'embed', width }],
        async ({ server, embedder }) => {
          const error = await failure(embedder.embed(['cat']));
          expect(error).toMatchObject({ error_class: 'wrong_dimensions', is_retryable: false });
          expect(error.message).toMatch(message);
          expect(server.requests).toHaveLength(1);
        },
        { provider_dimensions: mode, max_retries: 2 },
      );
    },
  );

  const row = (index: unknown, embedding: unknown) => ({ index, embedding });
  const good = lettersVector('cat');
  it.each([
    ['HTML', '<html>It works</html>', /not JSON/],
    ['nothing', '', /not JSON/],
    ['no list', { object: 'list' }, /without a list/],
    ['too few', { data: [row(0, good)] }, /1 embeddings for 2 texts/],
    ['one text twice', { data: [row(0, good), row(0, good)] }, /each text once/],
    ['an index beyond', { data: [row(0, good), row(7, good)] }, /each text once/],
    ['no numbers', { data: [row(0, good), row(1, good.map(String))] }, /not a list of numbers/],
    ['nulls', { data: [row(0, good), row(1, [...good.slice(1), null])] }, /not a list of numbers/],
    [
      'zeros',
      {
        data: [
          row(0, good),
          row(
            1,
            good.map(() => 0),
          ),
        ],
      },
      /points nowhere/,
    ],
  ])('that holds %s is malformed', async (_name, body, message) => {
    await withReplies([{ kind: 'answer', status: 200, body }], async ({ embedder }) => {
      const error = await failure(embedder.embed(['cat', 'dog']));
      expect(error).toMatchObject({ error_class: 'malformed_answer', is_retryable: true });
      expect(error.message).toMatch(message);
    });
  });

  it('may leave the indexes out', async () => {
    const body = {
      data: [{ embedding: lettersVector('cat') }, { embedding: lettersVector('dog') }],
    };
    await withReplies([{ kind: 'answer', status: 200, body }], async ({ embedder }) => {
      const [, dog] = await embedder.embed(['cat', 'dog']);
      expectSame(dog, lettersVector('dog'));
    });
  });
});

describe('an error of a provider', () => {
  it.each([
    [401, { message: `Incorrect API key: ${KEY}` }, 'authentication', false],
    [403, { message: `Key ${KEY} may not do this` }, 'authentication', false],
    [402, { message: 'Pay first' }, 'quota', false],
    [429, { message: 'Slow down' }, 'rate_limit', true],
    [429, { message: 'No more', code: 'insufficient_quota' }, 'quota', false],
    [408, { message: 'Late' }, 'timeout', true],
    [500, { message: 'Broken' }, 'unavailable', true],
    [503, 'overloaded', 'unavailable', true],
    [504, { message: 'Late' }, 'timeout', true],
    [404, { message: 'model "some-model" not found' }, 'invalid_request', false],
    [400, { message: 'Bad input' }, 'invalid_request', false],
    [400, { message: 'This model does not support dimensions' }, 'wrong_dimensions', false],
    [307, { message: 'Elsewhere' }, 'not_configured', false],
  ] as const)('%d %j is told as %s', async (status, body, error_class, is_retryable) => {
    await withReplies([errorReply(status, body)], async ({ embedder }) => {
      const error = await failure(embedder.embed(['cat']));
      expect(error).toMatchObject({ error_class, is_retryable });
      expect(error.message).toContain(`HTTP ${status}`);
      expect(error.message).toContain('127.0.0.1');
      expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(KEY);
    });
  });

  it('repeats what the provider said, but no page of a proxy and no novel', async () => {
    const page: Reply = { kind: 'answer', status: 502, body: '<html><h1>Bad gateway</h1></html>' };
    await withReplies(
      [
        errorReply(404, { message: 'No such model-8812' }),
        page,
        errorReply(400, 'x'.repeat(9_000)),
      ],
      async ({ embedder }) => {
        expect((await failure(embedder.embed(['a']))).message).toContain('No such model-8812');
        expect((await failure(embedder.embed(['a']))).message).not.toContain('<');
        expect((await failure(embedder.embed(['a']))).message.length).toBeLessThan(500);
      },
    );
  });

  it('is tried again with growing pauses, and then answered', async () => {
    const busy = errorReply(503, 'busy');
    await withReplies(
      [busy, { kind: 'cut' }, busy, EMBED],
      async ({ embedder, server, waits }) => {
        const [cat] = await embedder.embed(['cat']);
        expectSame(cat, lettersVector('cat'));
        expect(waits).toEqual([375, 750, 1_500]);
        expect(server.requests).toHaveLength(4);
      },
      { max_retries: 3 },
    );
  });

  it('is given up after the last attempt', async () => {
    await withReplies(
      () => errorReply(503, 'busy'),
      async ({ embedder, server }) => {
        expect(await failure(embedder.embed(['cat']))).toMatchObject({
          error_class: 'unavailable',
        });
        expect(server.requests).toHaveLength(3);
      },
      { max_retries: 2 },
    );
  });

  it.each([
    [{ 'retry-after': '7' }, 7_375],
    [{ 'retry-after-ms': '1250' }, 1_625],
    [{ 'retry-after': new Date(1_700_000_000_000 + 9_000).toUTCString() }, 9_375],
    [{ 'retry-after': '-5' }, 375],
    [{ 'retry-after': 'soon' }, 375],
  ])('with %j is waited for', async (headers, wait_ms) => {
    await withReplies(
      [errorReply(429, 'slow down', headers)],
      async ({ embedder, waits }) => {
        await embedder.embed(['cat']);
        expect(waits).toEqual([wait_ms]);
      },
      { max_retries: 1 },
    );
  });

  it('that asks for an hour is passed up at once, with the hour', async () => {
    await withReplies(
      [errorReply(429, 'slow down', { 'retry-after': '3600' })],
      async ({ embedder, waits }) => {
        expect(await failure(embedder.embed(['cat']))).toMatchObject({
          error_class: 'rate_limit',
          retry_after_ms: 3_600_000,
        });
        expect(waits).toEqual([]);
      },
      { max_retries: 3 },
    );
  });
});

describe('a provider that does not answer', () => {
  it('is left after the time-out, read from the clock that was given', async () => {
    await using server = await startFakeEmbeddings(() => ({ kind: 'hang' }));
    const clock = new ManualClock();
    const embedder = await createEmbedder(settings(server.base_url, { timeout_ms: 5_000 }), {
      clock,
    });
    const arrived = server.nextRequest();
    const failed = failure(embedder.embed(['cat']));
    const request = await arrived;
    clock.advance(5_001);
    expect(await failed).toMatchObject({ error_class: 'timeout', is_retryable: true });
    await request.closed;
  });

  it('is left when the caller stops, in a request and in a pause', async () => {
    await using server = await startFakeEmbeddings((_request, number) =>
      number === 1 ? { kind: 'hang' } : errorReply(503, 'busy'),
    );
    const pausing = Promise.withResolvers<void>();
    class SignallingClock extends ManualClock {
      override sleep(ms: number, signal?: AbortSignal): Promise<void> {
        pausing.resolve();
        return super.sleep(ms, signal);
      }
    }
    const embedder = await createEmbedder(settings(server.base_url, { max_retries: 5 }), {
      clock: new SignallingClock(),
    });
    const in_request = new AbortController();
    const arrived = server.nextRequest();
    const first = failure(embedder.embed(['cat'], in_request.signal));
    const request = await arrived;
    in_request.abort();
    expect(await first).toMatchObject({ error_class: 'cancelled' });
    await request.closed;

    const in_pause = new AbortController();
    const second = failure(embedder.embed(['cat'], in_pause.signal));
    await pausing.promise;
    in_pause.abort();
    expect(await second).toMatchObject({ error_class: 'cancelled' });
    expect(server.requests).toHaveLength(2);
  });

  it('is unavailable when nobody listens or the answer breaks off', async () => {
    await withReplies([{ kind: 'cut' }], async ({ embedder, server }) => {
      expect(await failure(embedder.embed(['cat']))).toMatchObject({ error_class: 'unavailable' });
      await server[Symbol.asyncDispose]();
      const error = await failure(embedder.embed(['cat']));
      expect(error).toMatchObject({ error_class: 'unavailable', is_retryable: true });
      expect(error.message).toContain('ECONNREFUSED');
    });
  });
});

describe('the settings of a provider', () => {
  it.each([
    [{ provider_base_url: null }, /base URL/],
    [{ provider_model: null }, /a model/],
    [{ provider_base_url: 'not a url' }, /not an http or https address/],
    [{ provider_base_url: 'file:///etc' }, /not an http or https address/],
    [{ provider_api_key: 'two\nlines-7719' }, /key of the embedder holds/],
    [{ provider_base_url: 'http://ada:100%@host/v1', provider_api_key: null }, /is not encoded/],
  ])('are refused without what is needed: %j', async (more, message) => {
    const error = await failure(createEmbedder(settings('http://127.0.0.1:9/v1', more)));
    expect(error.error_class).toBe('not_configured');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('7719');
  });
});

/** The vector at length 1, computed here once more. */
function expectSame(actual: Float32Array | undefined, row: readonly number[]): void {
  const length = Math.hypot(...row);
  const expected = Float32Array.from(row, (value) => value / length);
  expect(dot(actual, expected)).toBeCloseTo(1, 6);
}
