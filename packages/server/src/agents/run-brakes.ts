import type { Limits, Note, RunState, RunStop, Situation } from './contract.ts';
import { detectRepetition, STOPPED_AFTER } from './detect-repetition.ts';
import { limitsOf, whyNoModelCall } from './limit-run.ts';
import type { SituationReader } from './load-situation.ts';
import type { RunStore } from './store.ts';

/** What the brakes say of a run that is about to call its model. */
export interface BrakeCheck {
  /** Why it must end; null when it may go on. */
  readonly stop: RunStop | null;
  /** Its end has been told by the run that began it, for the same reason: once is enough, and each more would trigger. */
  readonly is_silent: boolean;
  /** With the notes that were added. */
  readonly situation: Situation;
  readonly own: Limits;
  readonly root: Limits;
}

/** Decides whether a run may call its model again: who asked for its end, its limits, and whether it goes in circles. */
export class RunBrakes {
  readonly #runs: RunStore;
  readonly #reader: SituationReader;

  constructor(ports: { runs: RunStore; reader: SituationReader }) {
    this.#runs = ports.runs;
    this.#reader = ports.reader;
  }

  async check(situation: Situation, state: RunState): Promise<BrakeCheck> {
    const { run } = situation;
    const own = limitsOf(situation.definition);
    const root =
      run.depth === 0 ? own : limitsOf(await this.#reader.definitionOf(run, state.root_agent_id));
    const decided = { situation, own, root };
    const stop = asked(state) ?? (await this.#overLimit(state, own, root));
    if (stop) {
      const has_begun = situation.steps.length > 0;
      const is_silent =
        !has_begun && run.request_id === null && state.parent_error_class === stop.error_class;
      return { ...decided, stop, is_silent };
    }
    const { note, stop: circles } = goesInCircles(situation);
    if (!note) return { ...decided, stop: circles, is_silent: false };
    await this.#runs.addNote(run.id, note);
    const notes = [...situation.notes, note];
    return { ...decided, stop: null, is_silent: false, situation: { ...situation, notes } };
  }

  async #overLimit(state: RunState, own: Limits, root: Limits): Promise<RunStop | null> {
    const { owner_id, agent_id } = state.run;
    const today = own.day ? await this.#runs.spentToday(owner_id, agent_id) : null;
    return whyNoModelCall(state, own, root, today);
  }
}

function asked({ stop }: RunState): RunStop | null {
  if (stop === null) return null;
  return STOPPED[stop];
}

/** Why a run was ended from outside. */
export const STOPPED = {
  interrupted: {
    error_class: 'interrupted',
    message: 'a newer message of the conversation came, and this agent turns to that',
  },
  stopped: { error_class: 'stopped', message: 'somebody stopped it' },
} as const satisfies Record<string, RunStop>;

/** After the third time the run is told, and after the fifth it is stopped: never without having been told. */
function goesInCircles({ steps, calls, notes }: Situation): {
  note: Note | null;
  stop: RunStop | null;
} {
  const found = detectRepetition(steps, calls);
  const last_seq = steps.at(-1)?.seq;
  if (!found || last_seq === undefined) return { note: null, stop: null };
  const names = found.tools.join(', ');
  const told = notes.some(
    ({ kind, after_seq }) => kind === 'repetition' && after_seq >= found.since_seq,
  );
  if (!told) {
    const text = `You have now done the same ${found.times} times (${names}) with the same arguments, and the same came back each time. Nothing new will come of doing it again: change your course, or answer with what you have.`;
    return { stop: null, note: { after_seq: last_seq, kind: 'repetition', text } };
  }
  if (found.times < STOPPED_AFTER || notes.some((each) => isFresh(each, last_seq)))
    return { note: null, stop: null };
  const message = `it did the same ${found.times} times (${names}) and nothing new came of it`;
  return { note: null, stop: { error_class: 'repetition', message } };
}

/** A run that was told just now has not had the chance to do otherwise. */
function isFresh({ kind, after_seq }: Note, last_seq: number): boolean {
  return kind === 'repetition' && after_seq === last_seq;
}
