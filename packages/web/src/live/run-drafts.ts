import type { AgentDelta, AgentStatus } from '@cairn/protocol';

/** What is known of a run only from events that are not kept: its text so far, and what it does now. */
export interface RunDraft {
  readonly run_id: string;
  readonly conversation_id: string;
  readonly trigger_id: string;
  readonly text: string;
  /** What the model thought before it spoke. */
  readonly reasoning: string;
  /** The index that the next piece of text must have. */
  readonly next_index: number;
  /** True when a piece was lost, so `text` has a hole. */
  readonly has_gap: boolean;
  readonly status: AgentStatus['status'];
  readonly detail: string | null;
}

/** Drafts by run, in the order in which the runs began. */
export type RunDrafts = Readonly<Record<string, RunDraft>>;

/** Runs that are followed at once. The oldest are forgotten first; their answers are breadcrumbs anyway. */
const DRAFTS_KEPT = 64;

/** The drafts after one event. A piece that came late or twice changes nothing. */
export function followRun(drafts: RunDrafts, event: AgentDelta | AgentStatus): RunDrafts {
  const known = drafts[event.run_id] ?? newDraft(event);
  const next = event.type === 'agent.delta' ? withText(known, event) : withStatus(known, event);
  if (next === drafts[event.run_id]) return drafts;
  return trimmed({ ...drafts, [event.run_id]: next });
}

/** The drafts without a run whose answer has arrived. */
export function dropRun(drafts: RunDrafts, run_id: string): RunDrafts {
  if (!Object.hasOwn(drafts, run_id)) return drafts;
  return Object.fromEntries(Object.entries(drafts).filter(([id]) => id !== run_id));
}

function newDraft(event: AgentDelta | AgentStatus): RunDraft {
  return {
    run_id: event.run_id,
    conversation_id: event.conversation_id,
    trigger_id: event.trigger_id,
    text: '',
    reasoning: '',
    next_index: 0,
    has_gap: false,
    status: 'thinking',
    detail: null,
  };
}

function withText(draft: RunDraft, delta: AgentDelta): RunDraft {
  // Pieces are never sent twice, so a second first piece means that the run was taken over and begins again.
  if (delta.index === 0 && draft.next_index > 0) {
    return withText({ ...draft, text: '', reasoning: '', next_index: 0, has_gap: false }, delta);
  }
  if (delta.index < draft.next_index) return draft;
  return {
    ...draft,
    // What a model thinks before it speaks is no part of its answer.
    ...(delta.kind === 'reasoning'
      ? { reasoning: draft.reasoning + delta.text }
      : { text: draft.text + delta.text }),
    next_index: delta.index + 1,
    has_gap: draft.has_gap || delta.index > draft.next_index,
    // Whoever writes does not wait, even if the event that says so was lost.
    status: 'thinking',
    detail: null,
  };
}

function withStatus(draft: RunDraft, event: AgentStatus): RunDraft {
  // What a model writes before it turns to a tool is a paragraph of its own.
  const ends_paragraph = event.status === 'waiting_for_tools' && /\S$/.test(draft.text);
  const text = ends_paragraph ? `${draft.text}\n\n` : draft.text;
  return { ...draft, text, status: event.status, detail: event.detail };
}

function trimmed(drafts: RunDrafts): RunDrafts {
  const entries = Object.entries(drafts);
  return entries.length <= DRAFTS_KEPT ? drafts : Object.fromEntries(entries.slice(-DRAFTS_KEPT));
}
