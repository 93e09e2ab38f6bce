import { createHash } from 'node:crypto';

const NAME_MAX = 64;
const HASH_CHARS = 8;

/**
 * The name under which models are offered a tool of a server: `<server>__<tool>`, in the letters and the length that
 * models allow. What had to be changed ends in a hash of the name, so that two that were different stay so. It depends
 * on nothing but the two names, and so is the same in every process and after every change of the list.
 */
export function fitToolName(server: string, tool: string): string {
  const wanted = `${server}__${tool}`;
  const fitted = wanted.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  if (fitted === wanted && wanted.length <= NAME_MAX) return wanted;
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, HASH_CHARS);
  return `${fitted.slice(0, NAME_MAX - HASH_CHARS - 1)}_${hash}`;
}
