import {
  LIMITS,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type BreadcrumbPatch,
} from '@cairn/protocol';
import { readTags } from './read-filter.ts';

/** A breadcrumb as it is edited: every field as text. */
export interface Draft {
  readonly title: string;
  readonly tags: string;
  readonly schema_name: string;
  readonly description: string;
  readonly visibility: string;
  readonly sensitivity: string;
  /** Empty, or what an input of the type `datetime-local` holds, in the time of the browser. */
  readonly ttl: string;
  readonly context: string;
}

/** What a new breadcrumb begins with. */
export const EMPTY_DRAFT: Draft = {
  title: '',
  tags: '',
  schema_name: '',
  description: '',
  visibility: 'team',
  sensitivity: 'low',
  ttl: '',
  context: '{\n  \n}',
};

/** The draft of a breadcrumb that is there. */
export function draftOf(record: BreadcrumbFull): Draft {
  return {
    title: record.title,
    tags: record.tags.join(' '),
    schema_name: record.schema_name ?? '',
    description: record.description ?? '',
    visibility: record.visibility,
    sensitivity: record.sensitivity,
    ttl: record.ttl === null ? '' : localMoment(new Date(record.ttl)),
    context: JSON.stringify(record.context, null, 2),
  };
}

/** What is wrong with a draft, by field; without a field, nothing is. */
export type DraftFaults = Readonly<Partial<Record<keyof Draft, string>>>;

/** Reads a draft: the body to send, or what is wrong. The server has the last word on all of it. */
export function readDraft(
  draft: Draft,
): { readonly body: BreadcrumbCreate } | { readonly faults: DraftFaults } {
  const faults: Partial<Record<keyof Draft, string>> = {};
  const title = draft.title.trim();
  if (title === '') faults.title = 'It needs a title';
  if (title.length > LIMITS.title_chars) faults.title = `At most ${LIMITS.title_chars} characters`;
  let context: unknown;
  try {
    context = JSON.parse(draft.context);
  } catch (error) {
    faults.context = `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  const ttl = draft.ttl === '' ? null : new Date(draft.ttl);
  if (ttl !== null && Number.isNaN(ttl.getTime())) faults.ttl = 'This is no time';
  if (Object.keys(faults).length > 0) return { faults };
  return {
    body: {
      title,
      context,
      tags: [...readTags(draft.tags)],
      schema_name: draft.schema_name.trim() || null,
      description: draft.description.trim() || null,
      visibility: draft.visibility as NonNullable<BreadcrumbCreate['visibility']>,
      sensitivity: draft.sensitivity as NonNullable<BreadcrumbCreate['sensitivity']>,
      ...(ttl === null ? { ttl: null } : { ttl: ttl.toISOString() }),
    },
  };
}

/** The fields of a draft that were changed, as a patch; what was left alone is not sent. */
export function patchOf(before: Draft, after: Draft, body: BreadcrumbCreate): BreadcrumbPatch {
  const changed = (Object.keys(before) as (keyof Draft)[]).filter(
    (field) => before[field] !== after[field],
  );
  const patch = Object.fromEntries(changed.map((field) => [field, body[field]]));
  // Without its type, a TTL that was by use or by duration would go on to rule.
  if ('ttl' in patch) patch['ttl_type'] = body.ttl === null ? 'never' : 'datetime';
  return patch;
}

function localMoment(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
