import { fieldOf, newId, textOf } from '@cairn/web';

/** The parts of the panel. */
export const PLACES = ['chat', 'notes', 'page', 'settings'] as const;
export type Place = (typeof PLACES)[number];

/** A message that the server has not confirmed yet. */
export interface Unsent {
  /** Also its idempotency key: sent twice, it is stored once. */
  readonly key: string;
  readonly conversation_id: string;
  readonly text: string;
  readonly tags: readonly string[];
}

/** A page that was read and is not saved yet. */
export interface NoteDraft {
  /** Also its idempotency key. */
  readonly key: string;
  readonly title: string;
  readonly tags: string;
  readonly url: string;
  readonly site: string;
  readonly content: string;
  readonly is_cut: boolean;
}

/** What the panel must not lose when it is closed, reloaded or asks for a new sign-in. */
export interface PanelState {
  readonly place: Place;
  readonly conversation_id: string;
  readonly draft: string;
  readonly unsent: readonly Unsent[];
  readonly note_draft: NoteDraft | null;
}

/** A panel as it opens for the first time, in a conversation of its own. */
export function freshPanelState(): PanelState {
  return { place: 'chat', conversation_id: newId(), draft: '', unsent: [], note_draft: null };
}

/** The state that was kept; whatever part of it cannot be read is as in a fresh one. */
export function parsePanelState(raw: unknown): PanelState {
  const fresh = freshPanelState();
  const place = PLACES.find((each) => each === textOf(raw, 'place')) ?? fresh.place;
  const conversation_id = textOf(raw, 'conversation_id') ?? fresh.conversation_id;
  const unsent = fieldOf(raw, 'unsent');
  return {
    place,
    conversation_id,
    draft: textOf(raw, 'draft') ?? fresh.draft,
    unsent: Array.isArray(unsent) ? unsent.flatMap(parseUnsent) : fresh.unsent,
    note_draft: parseNoteDraft(fieldOf(raw, 'note_draft')),
  };
}

function parseUnsent(raw: unknown): Unsent[] {
  const key = textOf(raw, 'key');
  const conversation_id = textOf(raw, 'conversation_id');
  const text = textOf(raw, 'text');
  if (key === null || conversation_id === null || text === null) return [];
  const tags = fieldOf(raw, 'tags');
  const known = Array.isArray(tags) ? tags.filter((each) => typeof each === 'string') : [];
  return [{ key, conversation_id, text, tags: known }];
}

function parseNoteDraft(raw: unknown): NoteDraft | null {
  const key = textOf(raw, 'key');
  const url = textOf(raw, 'url');
  const content = textOf(raw, 'content');
  if (key === null || url === null || content === null) return null;
  return {
    key,
    url,
    content,
    title: textOf(raw, 'title') ?? '',
    tags: textOf(raw, 'tags') ?? '',
    site: textOf(raw, 'site') ?? '',
    is_cut: fieldOf(raw, 'is_cut') === true,
  };
}
