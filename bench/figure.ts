import type { Bench } from './harness.ts';

/** What a figure must come to. `of` says whether the ratio to the baseline is judged, or our own value. */
export interface Goal {
  readonly of: 'ratio' | 'ours';
  readonly at_least?: number;
  readonly at_most?: number;
}

/** One number of the table: a value for each round, in the order of the rounds. */
export interface Measurement {
  /** The name in the table and in the JSON line. */
  readonly figure: string;
  /** Of `ours` and `baseline`, such as `/s`, `ms` or `MB`. */
  readonly unit: string;
  readonly ours: readonly number[];
  /** Measured in the same rounds, in turns with ours; null where the goal is an absolute one. */
  readonly baseline: readonly number[] | null;
  readonly goal: Goal;
  /** What a reader must know to judge the number: payload, concurrency, what shared the cores. */
  readonly notes: readonly string[];
}

/** A group of numbers that one run measures; its name can be given on the command line. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  measure(bench: Bench): Promise<Measurement[]>;
}
