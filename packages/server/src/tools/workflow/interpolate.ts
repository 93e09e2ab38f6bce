/** A place in a text where a value is to stand: `${step.path}` or `{{step.path}}`. */
const PLACE = /\$\{\s*([^{}]{1,300}?)\s*\}|\{\{\s*([^{}]{1,300}?)\s*\}\}/g;
const PATH = /^[A-Za-z0-9_-]+(?:\.[^.[\]]+|\[\d{1,9}\])*$/;

/** A reference names nothing. The message is for whoever wrote the workflow. */
export class InterpolationError extends Error {
  override readonly name = 'InterpolationError';
}

/** The steps whose values a JSON value asks for. What only looks like a place and names no step of these is text. */
export function stepsReferredTo(value: unknown, step_ids: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  walk(value, (text) => {
    for (const { step } of placesIn(text, step_ids)) found.add(step);
    return text;
  });
  return found;
}

/**
 * Puts values in the places that name them. A text that is nothing but a place becomes the value itself, whatever its
 * type; within a text, texts stand as they are and other values as JSON. What was put in is not looked at again, so no
 * answer of a tool can refer to anything.
 * @throws InterpolationError
 */
export function interpolate(value: unknown, outputs: ReadonlyMap<string, unknown>): unknown {
  const steps = new Set(outputs.keys());
  return walk(value, (text) => {
    const places = placesIn(text, steps);
    const [only] = places;
    if (!only) return text;
    if (only.text === text.trim()) return read(only.path, outputs);
    let result = '';
    let at = 0;
    for (const place of places) {
      const found = read(place.path, outputs);
      result +=
        text.slice(at, place.at) + (typeof found === 'string' ? found : JSON.stringify(found));
      at = place.at + place.text.length;
    }
    return result + text.slice(at);
  });
}

/** The value at a path such as `step.items[0].name`. @throws InterpolationError */
export function read(path: string, outputs: ReadonlyMap<string, unknown>): unknown {
  const [step = '', ...keys] = path.match(/[^.[\]]+/g) ?? [];
  let found = outputs.get(step);
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key))
      throw new InterpolationError(`${path} is not there: ${step} has no ${key} at that place`);
    found = (found as Record<string, unknown>)[key];
  }
  return found ?? null;
}

interface Found {
  readonly text: string;
  readonly at: number;
  readonly path: string;
  readonly step: string;
}

function placesIn(text: string, steps: ReadonlySet<string>): Found[] {
  return [...text.matchAll(PLACE)].flatMap((match) => {
    const path = match[1] ?? match[2] ?? '';
    const step = /^[^.[\]]+/.exec(path)?.[0] ?? '';
    return PATH.test(path) && steps.has(step)
      ? [{ text: match[0], at: match.index, path, step }]
      : [];
  });
}

function walk(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => walk(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, change)]));
}
