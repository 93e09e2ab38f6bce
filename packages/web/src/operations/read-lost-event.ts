import { fieldOf, textOf } from '../live/read-context.ts';

/** What an event was about: a breadcrumb, by its title as the event told it. */
export interface LostEvent {
  readonly breadcrumb_id: string;
  readonly title: string;
}

/** Reads the event that a dead letter carries; null where it says no breadcrumb. */
export function readLostEvent(payload: unknown): LostEvent | null {
  for (const event of [payload, fieldOf(payload, 'data'), fieldOf(payload, 'event')]) {
    const breadcrumb_id = textOf(event, 'breadcrumb_id');
    if (breadcrumb_id === null) continue;
    const title = textOf(event, 'title') ?? '';
    return { breadcrumb_id, title: title === '' ? 'Without a title' : title };
  }
  return null;
}
