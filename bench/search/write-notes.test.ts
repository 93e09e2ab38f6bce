import { expect, it } from 'vitest';
import { NoteWriter } from './write-notes.ts';

const wordsOf = (text: string) => new Set(text.split(' '));

it('writes the same notes and questions for the same seed, and others for another', () => {
  const write = (seed: number) => {
    const writer = new NoteWriter(seed);
    return [...Array.from({ length: 20 }, () => writer.note()), writer.question()];
  };
  expect(write(7)).toEqual(write(7));
  expect(write(8)).not.toEqual(write(7));
});

it('writes notes that share more words with those of their subject than with others', () => {
  const writer = new NoteWriter(7);
  const notes = Array.from({ length: 2_000 }, () => writer.note()).map(({ title, tags }) => ({
    words: wordsOf(title),
    subject: tags[1],
  }));
  let [same, pairs_of_same, other, pairs_of_other] = [0, 0, 0, 0];
  for (const [at, note] of notes.entries())
    for (const another of notes.slice(at + 1)) {
      const shared = [...note.words].filter((word) => another.words.has(word)).length;
      if (note.subject === another.subject)
        [same, pairs_of_same] = [same + shared, pairs_of_same + 1];
      else [other, pairs_of_other] = [other + shared, pairs_of_other + 1];
    }
  expect(pairs_of_same).toBeGreaterThan(100);
  expect(same / pairs_of_same).toBeGreaterThan((2 * other) / pairs_of_other);
});
