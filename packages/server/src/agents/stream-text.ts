import {
  sessionTag,
  type AgentDelta,
  type AgentStatus,
  type EphemeralEvent,
} from '@cairn/protocol';
import type { Clock } from '../base/index.ts';
import type { Bus } from '../bus/index.ts';
import { TOPICS, type EphemeralFor } from '../events/index.ts';
import type { Run } from './contract.ts';

/** Pieces of text are gathered for this long, so that a fast model does not make an event of each token. */
const GATHER_MS = 40;
/** Characters of one event: a message of the bus has room for them however they are encoded (six bytes at worst). */
const PIECE_CHARS = 800;

/**
 * Tells open streams what a run does while it does it. Nothing here lasts, and nothing waits for it.
 * Streams carry it to the whole tenant; of a message that is private or secret, to the one who asked.
 */
export class RunBroadcast {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #run: Run;
  readonly #is_public: boolean;
  #text = '';
  #kind: AgentDelta['kind'] = 'text';
  #index: number;
  #cancel: (() => void) | null = null;

  constructor(
    bus: Bus,
    clock: Clock,
    run: Run,
    trigger: { readonly visibility: string; readonly sensitivity: string },
    /** Pieces of the run that were told in the steps before. */
    told = 0,
  ) {
    this.#index = told;
    this.#bus = bus;
    this.#clock = clock;
    this.#run = run;
    this.#is_public = trigger.visibility !== 'private' && trigger.sensitivity === 'low';
  }

  /** Pieces of the run that were told so far. */
  get told(): number {
    return this.#index;
  }

  /** Adds text that the model has just written, or thought. */
  write(text: string, kind: AgentDelta['kind'] = 'text'): void {
    if (kind !== this.#kind) this.flush();
    this.#kind = kind;
    this.#text += text;
    this.#cancel ??= this.#clock.after(GATHER_MS, () => this.flush());
  }

  /** Sends what has gathered. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    const characters = [...this.#text];
    this.#text = '';
    for (let at = 0; at < characters.length; at += PIECE_CHARS) {
      const text = characters.slice(at, at + PIECE_CHARS).join('');
      this.#send({
        ...this.#about(),
        type: 'agent.delta',
        index: this.#index++,
        text,
        kind: this.#kind,
      });
    }
  }

  /** Says what the run does now, after the text that has gathered. */
  status(status: AgentStatus['status'], detail: string | null = null): void {
    this.flush();
    this.#send({
      ...this.#about(),
      type: 'agent.status',
      status,
      detail: detail?.slice(0, 500) ?? null,
    });
  }

  #about() {
    const { owner_id, conversation_id, id, trigger_id, agent_id } = this.#run;
    return { owner_id, conversation_id, run_id: id, trigger_id, agent_id };
  }

  #send(event: EphemeralEvent): void {
    const tagged = { ...event, tags: [sessionTag(event.conversation_id)] };
    const { asker } = this.#run;
    // A piece that the bus does not take is lost like one that it loses: the answer itself is on its way.
    if (this.#is_public)
      this.#bus.publish(TOPICS.ephemeral, JSON.stringify(tagged)).catch(() => {});
    else if (asker) {
      const message: EphemeralFor = { agent_id: asker.agent_id, event: tagged };
      this.#bus.publish(TOPICS.ephemeral_for, JSON.stringify(message)).catch(() => {});
    }
  }
}
