/**
 * Reading contexts of breadcrumbs. Anybody may write anything into a context, so nothing about its shape is taken
 * for granted: what is not there, or not of the type asked for, is null.
 */

/** The value of one field, or undefined where the context is not an object. */
export function fieldOf(context: unknown, name: string): unknown {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return undefined;
  return Object.hasOwn(context, name) ? (context as Record<string, unknown>)[name] : undefined;
}

/** The first of the named fields that holds text. */
export function textOf(context: unknown, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = fieldOf(context, name);
    if (typeof value === 'string') return value;
  }
  return null;
}

/** A finite number, or null. */
export function numberOf(context: unknown, name: string): number | null {
  const value = fieldOf(context, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
