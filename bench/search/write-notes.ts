import type { BreadcrumbCreate } from '@cairn/protocol';
import { sampleBody } from '../payload.ts';

const SYLLABLES = 'ka to mi re su lan per vo dri ben hul ox fa ni gor elt chu pri sam ute'.split(
  ' ',
);
/** Words that every subject uses, a few of them in nearly every record. */
const COMMON_WORDS = 400;
const SUBJECT_WORDS = 12_000;
const SUBJECTS = 500;
const WORDS_OF_SUBJECT = 40;
/** What belongs together within a subject: a ticket with its answers, a release with its steps. */
const THREADS_OF_SUBJECT = 20;
const WORDS_OF_THREAD = 8;
/** Words of the shortest summary, and how many more the longest has. */
const SUMMARY_WORDS = 15;
const SUMMARY_SPREAD = 20;

/**
 * Notes as a team's agents leave them: of subjects with words of their own, and within these of threads, so that a
 * record has neighbours in its words and in its meaning: some that are close, many that are less so, and most not at all.
 * The same ones in each run. Words are made up of syllables, so that no list of words has to be part of the benchmark.
 */
export class NoteWriter {
  readonly #random: () => number;
  readonly #subjects: readonly (readonly string[])[];
  readonly #threads: readonly (readonly string[])[];

  constructor(seed: number) {
    const random = randomFrom(seed);
    this.#random = random;
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
    const words = Array.from({ length: SUBJECT_WORDS }, (_, at) => wordOf(COMMON_WORDS + at));
    this.#subjects = Array.from({ length: SUBJECTS }, () =>
      Array.from({ length: WORDS_OF_SUBJECT }, () => pick(words)),
    );
    this.#threads = this.#subjects.flatMap((subject) =>
      Array.from({ length: THREADS_OF_SUBJECT }, () => [
        pick(words),
        ...Array.from({ length: WORDS_OF_THREAD - 1 }, () => pick(subject)),
      ]),
    );
  }

  /** A record of any thread. */
  note(): BreadcrumbCreate {
    const thread = this.#below(this.#threads.length);
    const title = this.#words(thread, 5);
    const summary = this.#words(thread, SUMMARY_WORDS + this.#below(SUMMARY_SPREAD));
    return {
      ...sampleBody(title),
      tags: ['workspace:bench', `service:${Math.floor(thread / THREADS_OF_SUBJECT)}`],
      context: { summary, took_ms: this.#below(10_000) },
    };
  }

  /** What somebody types who remembers three words of a thread. */
  question(): string {
    const thread = this.#threads[this.#below(this.#threads.length)] ?? [];
    return Array.from({ length: 3 }, () => thread[this.#below(thread.length)]).join(' ');
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Half of them the thread's, a quarter its subject's, a quarter everybody's. */
  #words(thread: number, count: number): string {
    const own = this.#threads[thread] ?? [];
    const subject = this.#subjects[Math.floor(thread / THREADS_OF_SUBJECT)] ?? [];
    return Array.from({ length: count }, () => {
      const kind = this.#random();
      if (kind < 0.5) return own[this.#below(own.length)];
      if (kind < 0.75) return subject[this.#below(subject.length)];
      // Unevenly common, as in a language.
      return wordOf(Math.floor(COMMON_WORDS * this.#random() ** 3));
    }).join(' ');
  }
}

/** Neighbouring numbers share no more letters than others do. Short words are few, so that many subjects have them. */
function wordOf(number: number): string {
  let rest = (number * 7_919 + 4_211) % SYLLABLES.length ** 4;
  let word = '';
  for (let each = 0; each < 2 + (number % 3); each++) {
    word += SYLLABLES[rest % SYLLABLES.length] ?? '';
    rest = Math.floor(rest / SYLLABLES.length);
  }
  return word;
}

/** The same numbers in each run, from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
