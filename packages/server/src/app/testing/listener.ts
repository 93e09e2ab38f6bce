import { onTestFinished } from 'vitest';
import type { Json, TestProgram } from '../testing.ts';

/** How long a test waits for an event before it fails and says which one did not come. */
const PATIENCE_MS = 45_000;

/** An open event stream that remembers everything it was sent, so that a test can wait for an event that has passed. */
export interface Listener {
  readonly events: readonly Json[];
  /** The first event that matches, now or later. Fails, naming `what`, when none comes. */
  until(what: string, matches: (event: Json) => boolean): Promise<Json>;
  /** The `agent.response.v1` for this message. */
  answerTo(message_id: string): Promise<Json>;
  /** All breadcrumbs of this schema that were told so far. */
  of(schema_name: string): Json[];
}

/** Opens a stream and waits for its first ping: what happens from now on is heard. */
export async function listen(
  program: TestProgram,
  token: string,
  options: { types?: string; last_event_id?: number } = {},
): Promise<Listener> {
  const events: Json[] = [];
  const waiting = new Set<() => void>();
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const query = options.types ? `?types=${options.types}` : '';
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (options.last_event_id !== undefined) headers['last-event-id'] = String(options.last_event_id);
  const response = await fetch(`${program.url}/events/stream${query}`, {
    headers,
    signal: abort.signal,
  });
  if (!response.body) throw new Error(`no stream: ${response.status}`);
  const take = (frame: string) => {
    const data = frame.split('\n').find((line) => line.startsWith('data: '));
    if (data) events.push(JSON.parse(data.slice('data: '.length)));
    for (const look of waiting) look();
  };
  void readFrames(response.body, take).catch(() => {});
  const until: Listener['until'] = (what, matches) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = events.find(matches);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`this did not come: ${what}; events: ${describe(events)}`));
      }, PATIENCE_MS);
      waiting.add(look);
      look();
    });
  await until('the first ping', ({ type }) => type === 'ping');
  return {
    events,
    until,
    answerTo: (id) =>
      until(
        `the answer to ${id}`,
        ({ schema_name, context }) =>
          schema_name === 'agent.response.v1' && context.caused_by.trigger_id === id,
      ),
    of: (name) => events.filter(({ schema_name }) => schema_name === name),
  };
}

async function readFrames(
  body: ReadableStream<Uint8Array>,
  take: (frame: string) => void,
): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    const frames = (text + decoder.decode(bytes, { stream: true })).split('\n\n');
    text = frames.pop() ?? '';
    frames.forEach(take);
  }
}

function describe(events: readonly Json[]): string {
  return events.map(({ type, schema_name, title }) => `${type} ${schema_name} ${title}`).join('; ');
}
