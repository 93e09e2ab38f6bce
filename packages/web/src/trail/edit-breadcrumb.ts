import {
  LIMITS,
  type BreadcrumbCreate,
  type BreadcrumbFull,
  type BreadcrumbPatch,
} from '@cairn/protocol';
import {
  lifetimeDraftOf,
  readLifetimeDraft,
  USUAL_LIFETIME,
  type LifetimeDraft,
} from './edit-lifetime.ts';
import { readTags } from './read-filter.ts';

/** A breadcrumb as it is edited: every field as text. */
export interface Draft extends LifetimeDraft {
  readonly title: string;
  readonly tags: string;
  readonly schema_name: string;
  readonly description: string;
  readonly visibility: string;
  readonly sensitivity: string;
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
  ...USUAL_LIFETIME,
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
    ...lifetimeDraftOf(record),
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
  const read = readLifetimeDraft(draft);
  if ('faults' in read) Object.assign(faults, read.faults);
  if ('faults' in read || Object.keys(faults).length > 0) return { faults };
  return {
    body: {
      title,
      context,
      tags: [...readTags(draft.tags)],
      schema_name: draft.schema_name.trim() || null,
      description: draft.description.trim() || null,
      visibility: draft.visibility as NonNullable<BreadcrumbCreate['visibility']>,
      sensitivity: draft.sensitivity as NonNullable<BreadcrumbCreate['sensitivity']>,
      ...read.lifetime,
    },
  };
}

/** The fields of a draft that were changed, as a patch; what was left alone is not sent. */
export function patchOf(before: Draft, after: Draft, body: BreadcrumbCreate): BreadcrumbPatch {
  const changed = (Object.keys(before) as (keyof Draft)[]).filter(
    (field) => before[field] !== after[field],
  );
  const own = changed.filter((field) => !(field in USUAL_LIFETIME));
  const { ttl, ttl_type, ttl_config } = body;
  return {
    ...Object.fromEntries(own.map((field) => [field, body[field as keyof BreadcrumbCreate]])),
    // Each part of a lifetime means something only beside the others.
    ...(own.length < changed.length && ttl_type !== undefined
      ? { ttl: ttl ?? null, ttl_type, ttl_config: ttl_config ?? null }
      : {}),
  };
}
