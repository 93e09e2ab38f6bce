import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMBEDDER_DEFAULTS } from '../config.ts';
import type { Embedder } from '../contract.ts';
import { createEmbedder } from '../create-embedder.ts';
import { describeEmbedder, dot } from '../embedder.conformance.ts';
import {
  DOCUMENTS,
  HELD_OUT_QUESTIONS,
  QUESTIONS,
  type Question,
} from '../testing/retrieval-table.ts';

describeEmbedder({
  kind: 'lexical',
  async open() {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    return { embedder, [Symbol.asyncDispose]: () => embedder.close() };
  },
});

/** The place of the wanted document among all, from 1. */
async function placesOf(embedder: Embedder, questions: readonly Question[]): Promise<number[]> {
  const ids = Object.keys(DOCUMENTS);
  const documents = await embedder.embed(Object.values(DOCUMENTS));
  const queries = await embedder.embed(questions.map(({ query }) => query));
  return questions.map(({ wants }, at) => {
    const scores = documents.map((document) => dot(document, queries[at]));
    const wanted = scores[ids.indexOf(wants)] ?? Number.NaN;
    return 1 + scores.filter((score) => score > wanted).length;
  });
}

const shareWithin = (places: readonly number[], limit: number) =>
  places.filter((place) => place <= limit).length / places.length;

describe('the lexical embedder in search', () => {
  it('finds what was asked for among 55 documents, with typing errors and in three languages', async () => {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    const places = await placesOf(embedder, QUESTIONS);
    expect({ first: shareWithin(places, 1), first_five: shareWithin(places, 5) }).toEqual({
      first: 1,
      first_five: 1,
    });
  });

  it('finds among the first five what it was not tuned on', async () => {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    const places = await placesOf(embedder, HELD_OUT_QUESTIONS);
    expect(shareWithin(places, 5)).toBe(1);
  });

  it.each([
    ['an inflected word', 'Invoices', 'invoice', 'elephant'],
    ['a typing error', 'databse', 'database', 'giraffe'],
    ['other case', 'PENGUIN', 'penguin', 'ZEBRA'],
    ['accents', 'résumé café', 'resume cafe', 'bateau voile'],
    ['sharp s', 'Straße', 'STRASSE', 'Brücke'],
    ['full width', 'ｓｅａｒｃｈ', 'search', 'ｗｅａｔｈｅｒ'],
    ['camel case', 'taskScheduler', 'task scheduler', 'weather station'],
    ['snake case', 'task_scheduler', 'task scheduler', 'weather_station'],
    ['Chinese without spaces', '北京天气预报', '天气', '音乐会'],
    ['Korean particles', '데이터베이스가', '데이터베이스', '자전거'],
    ['Thai', 'พยากรณ์อากาศวันนี้', 'อากาศ', 'จักรยาน'],
    ['Russian cases', 'базы данных', 'база данных', 'зелёный чай'],
    ['pictographs', 'party 🎉', '🎉', '🚒'],
  ])('takes %s for alike', async (_name, text, like, unlike) => {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    const [a, b, c] = await embedder.embed([text, like, unlike]);
    expect(dot(a, b)).toBeGreaterThan(0.35);
    expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.15);
  });

  it('gives common words little weight', async () => {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    const [question, answer, chatter] = await embedder.embed([
      'what is the printer doing on the floor?',
      'printer floor',
      'what is the rain doing on the roof?',
    ]);
    expect(dot(question, answer)).toBeGreaterThan(0.7);
    expect(dot(question, chatter)).toBeLessThan(0.6);
  });

  it('does not care for the order of sentences', async () => {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    const words = fc.array(fc.constantFrom('rain', 'cellar', 'invoice', 'volcano', 'bicycle'), {
      minLength: 2,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(words, async (each) => {
        const [a, b] = await embedder.embed([each.join('. '), each.toReversed().join('. ')]);
        expect(dot(a, b)).toBeGreaterThan(0.9);
      }),
      { numRuns: 50 },
    );
  });

  it('makes on every machine the vectors that are stored: a change needs a new version in the name', async () => {
    const embedder = await createEmbedder(EMBEDDER_DEFAULTS);
    const texts = [...Object.values(DOCUMENTS), ...QUESTIONS.map(({ query }) => query)];
    const hash = createHash('sha256');
    for (const vector of await embedder.embed(texts)) {
      // Rounded: the square root is exact everywhere, but a future compiler may fuse additions.
      hash.update(Int16Array.from(vector, (value) => Math.round(value * 10_000)));
    }
    expect({ name: embedder.name, vectors: hash.digest('hex').slice(0, 16) }).toEqual({
      name: 'lexical:1',
      vectors: 'a66e3518b9864e22',
    });
  });
});
