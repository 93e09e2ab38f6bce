import type { LoggedEvent } from '../../events/index.ts';
import { isUuid } from '../../base/index.ts';

/** Marks a message that is for one agent alone; which, says a tag beside it. */
export const ADDRESSED = 'message:addressed';

/** The tags of a message that only the agent of this definition is to answer, whatever selectors others have. */
export function addressTags(definition_id: string): string[] {
  return [ADDRESSED, `to:${definition_id}`];
}

/** Whether a message is for one agent alone. */
export function isAddressed({ tags }: Pick<LoggedEvent, 'tags'>): boolean {
  return tags.includes(ADDRESSED);
}

/** Whom an addressed message is for; null when its tags name nobody. */
export function addresseeOf({ tags }: Pick<LoggedEvent, 'tags'>): string | null {
  const id = tags.find((tag) => tag.startsWith('to:'))?.slice('to:'.length) ?? '';
  return isUuid(id) ? id.toLowerCase() : null;
}
