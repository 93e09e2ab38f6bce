import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbedderError, type Embedder } from './contract.ts';

/** An embedder to be tried, and what must be put away after it. */
export interface EmbedderUnderTest {
  /** As in `EMBEDDERS`. */
  readonly kind: string;
  /** A fresh one. Most tests share one, as a model may take a while to load. */
  open(): Promise<{ embedder: Embedder } & AsyncDisposable>;
}

/** Largest difference of one number between two runs that must agree: rounding, and nothing that search could see. */
const ROUNDING = 1e-5;

const HOSTILE = {
  'a lone surrogate': 'before \ud800 after',
  'a reversed pair': '\udc00\ud83d',
  'nul and control characters': 'a\u0000b\u0007c\u001b[31m',
  'right-to-left overrides': '\u202Eevil\u202C text',
  'a thousand marks on one letter': `z${'\u0301\u0316'.repeat(1_000)} word`,
  'zero-width joiners': '👩\u200d👩\u200d👧\u200d👦'.repeat(50),
  'private use and non-characters': '\ue000\uffff\u{10ffff} \ufffe',
  'compatibility forms': 'ﷺ ﬁ ① ｆｕｌｌ Ⅷ',
  'special tokens of models': '[CLS] [SEP] [MASK] <s></s> <|endoftext|> [PAD]',
  punctuation: '!!! ??? ---',
  numbers: '42 -1e308 0x7f',
  'Chinese, Arabic, Hindi and Thai': '人工智能 الذكاء الاصطناعي कृत्रिम बुद्धि ปัญญาประดิษฐ์',
} as const;
const BLANK = ['', ' ', '\n\t\r ', '\u00a0\u2003', '\u200b\u200d', '\u0000', '\ud800'];

/** Any code points, halves of pairs among them; fast-check's own unit "binary" takes seconds to set up. */
const ANY_TEXT = fc
  .array(fc.oneof(fc.nat(0x2ff), fc.nat(0x10ffff)), { maxLength: 60 })
  .map((points) => String.fromCodePoint(...points));

/** What every kind of embedder must do alike. */
export function describeEmbedder(subject: EmbedderUnderTest): void {
  describe(`the ${subject.kind} embedder`, () => {
    let shared: Awaited<ReturnType<EmbedderUnderTest['open']>> | undefined;
    beforeAll(async () => {
      shared = await subject.open();
    });
    afterAll(() => shared?.[Symbol.asyncDispose]());
    const using: Using = async (run) => {
      if (shared) await run(shared.embedder);
      expect(shared).toBeDefined();
    };
    describeVectors(using);
    describeTexts(using);
    describeEndings(using, subject);
  });
}

type Using = (run: (embedder: Embedder) => Promise<void>) => Promise<void>;

function describeVectors(using: Using): void {
  it('makes one unit vector of 384 numbers for each text', async () => {
    await using(async (embedder) => {
      expect(embedder.dimensions).toBe(384);
      const texts = ['the cat sat on the mat', 'rain', 'dogs and cats', 'x'];
      const vectors = await embedder.embed(texts);
      expect(vectors).toHaveLength(texts.length);
      vectors.forEach(expectUnit);
      expect(new Set(vectors.map((vector) => vector.join())).size).toBe(texts.length);
    });
  });

  it('answers an empty list with an empty list', async () => {
    await using(async (embedder) => expect(await embedder.embed([])).toEqual([]));
  });

  it('makes the same vector of the same text', async () => {
    await using(async (embedder) => {
      const [first] = await embedder.embed(['the cat sat on the mat']);
      const [second] = await embedder.embed(['the cat sat on the mat']);
      expect(second).toEqual(first);
    });
  });

  it('keeps the order, and makes in a batch what it makes one by one', async () => {
    await using(async (embedder) => {
      const texts = Array.from({ length: 75 }, (_, at) =>
        at % 10 === 3 ? '' : `${'the cat sat '.repeat(at % 7)}number ${at}`,
      );
      const together = await embedder.embed(texts);
      expect(together).toHaveLength(texts.length);
      for (const [at, text] of texts.entries()) {
        const [alone] = await embedder.embed([text]);
        expectClose(together[at], alone);
      }
    });
  });

  it('answers several callers at once, each with its own', async () => {
    await using(async (embedder) => {
      const texts = ['cat', 'dog', 'rain', 'sun', 'mat'];
      const alone = await embedder.embed(texts);
      const answers = await Promise.all(texts.map((text) => embedder.embed([text, 'the'])));
      for (const [at, answer] of answers.entries()) expectClose(answer[0], alone[at]);
    });
  });

  it('puts texts with the same words nearer than texts with others', async () => {
    await using(async (embedder) => {
      const [question, like, unlike] = await embedder.embed([
        'cats on a mat',
        'the cat sat on the mat',
        'rain and sun 1234',
      ]);
      expect(dot(question, like)).toBeGreaterThan(dot(question, unlike));
    });
  });
}

function describeTexts(using: Using): void {
  it('has one vector for texts without anything to read', async () => {
    await using(async (embedder) => {
      const [word, ...blanks] = await embedder.embed(['rain', ...BLANK]);
      blanks.forEach(expectUnit);
      for (const blank of blanks) expect(blank).toEqual(blanks[0]);
      expect(dot(word, blanks[0])).toBeLessThan(0.9);
    });
  });

  it.each(Object.entries(HOSTILE))('takes %s', async (_name, text) => {
    await using(async (embedder) => {
      const vectors = await embedder.embed([text, 'the cat', text]);
      vectors.forEach(expectUnit);
      expectClose(vectors[2], vectors[0]);
    });
  });

  it('takes any text', async () => {
    await using(async (embedder) => {
      const texts = fc.array(ANY_TEXT, { maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(texts, async (each) => {
          const vectors = await embedder.embed(each);
          expect(vectors).toHaveLength(each.length);
          vectors.forEach(expectUnit);
        }),
        { numRuns: 20 },
      );
    });
  });

  it.each([
    ['words', 'the cat sat on the mat '],
    ['one word', 'a'],
    ['white space', ' '],
    ['Chinese', '人工智能'],
    ['marks', '\u0301\u0316'],
    ['pictographs', '👩\u200d👩\u200d👧'],
  ])('takes a mebibyte of %s within a moment', async (_name, piece) => {
    await using(async (embedder) => {
      const text = piece.repeat(Math.ceil(1_048_576 / piece.length));
      const began = performance.now();
      const [vector] = await embedder.embed([text]);
      expectUnit(vector);
      // Generous: a quadratic step would take minutes.
      expect(performance.now() - began).toBeLessThan(10_000);
    });
  });
}

function describeEndings(using: Using, subject: EmbedderUnderTest): void {
  it('does nothing for a caller who has stopped', async () => {
    await using(async (embedder) => {
      const embedding = embedder.embed(['cat'], AbortSignal.abort());
      expect(await failure(embedding)).toMatchObject({
        error_class: 'cancelled',
        is_retryable: false,
      });
    });
  });

  it('stops when the caller stops, and goes on with others', async () => {
    await using(async (embedder) => {
      const stop = new AbortController();
      const texts = Array.from({ length: 2_000 }, (_, at) => `the cat number ${at} `.repeat(20));
      const stopped = failure(embedder.embed(texts, stop.signal));
      const other = embedder.embed(['dog']);
      stop.abort();
      expect(await stopped).toMatchObject({ error_class: 'cancelled' });
      expectUnit((await other)[0]);
    });
  });

  it('makes the same vectors in another embedder of the same name', async () => {
    await using(async (embedder) => {
      await using opened = await subject.open();
      expect(opened.embedder.name).toBe(embedder.name);
      expect(await opened.embedder.embed(['the cat'])).toEqual(await embedder.embed(['the cat']));
    });
  });

  it('closes twice, fails what is under way, and takes nothing more', async () => {
    await using opened = await subject.open();
    const { embedder } = opened;
    const texts = Array.from({ length: 2_000 }, (_, at) => `the cat number ${at} `.repeat(20));
    const under_way = failure(embedder.embed(texts));
    await Promise.all([embedder.close(), embedder.close()]);
    expect(await under_way).toMatchObject({ error_class: 'closed' });
    expect(await failure(embedder.embed(['cat']))).toMatchObject({ error_class: 'closed' });
    await embedder.close();
  });
}

/** What an embedding failed with; it must be an `EmbedderError`. */
export async function failure(embedding: Promise<unknown>): Promise<EmbedderError> {
  const error = await embedding.then(
    () => new Error('It did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof EmbedderError) return error;
  throw error;
}

function expectUnit(vector: Float32Array | undefined): void {
  expect(vector).toBeInstanceOf(Float32Array);
  expect(vector).toHaveLength(384);
  expect(dot(vector, vector)).toBeCloseTo(1, 5);
}

function expectClose(actual: Float32Array | undefined, expected: Float32Array | undefined): void {
  const far = (actual ?? []).filter(
    (value, at) => !(Math.abs(value - (expected?.[at] ?? NaN)) <= ROUNDING),
  );
  expect(actual).toHaveLength(expected?.length ?? 0);
  expect([...far]).toEqual([]);
}

/** The cosine of two unit vectors. */
export function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  let sum = 0;
  for (let at = 0; at < (a?.length ?? 0); at += 1) sum += (a?.[at] ?? 0) * (b?.[at] ?? 0);
  return sum;
}
