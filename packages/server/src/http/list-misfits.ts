import type { Problem } from '@cairn/protocol';

/** One entry of a refusal as clients of the original read it. It never holds what came, since that may be private. */
interface ListedMisfit {
  readonly type: string;
  /** From `body`, `query` or `path` down to the field. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
}

/** What of a request it is about: as the framework names its parts, or null when it does not say. */
export type RequestPart = 'body' | 'querystring' | 'params' | 'headers' | null;

const ROOTS = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const;

/** The list that stands in `detail` of a refusal on a route of the original. `params` are the names in its path. */
export function listMisfits(
  { code, error, errors }: Problem,
  part: RequestPart,
  { method, params }: { readonly method: string; readonly params: readonly string[] },
): ListedMisfit[] {
  if (code === 'invalid_json') return [{ type: 'json_invalid', loc: ['body'], msg: error }];
  const usual = method === 'GET' ? 'query' : 'body';
  return (errors ?? [{ path: '', message: error }]).map(({ path, message }) => {
    const steps = stepsOf(path);
    const is_param = params.includes(String(steps[0]));
    const root = part === null ? (is_param ? 'path' : usual) : ROOTS[part];
    return {
      type: message === 'is missing' ? 'missing' : 'value_error',
      loc: [root, ...steps],
      msg: message,
    };
  });
}

/** `steps[0].metadata` and `steps.0.metadata` alike; what is inside of metadata is told as them, as the original does. */
function stepsOf(path: string): (string | number)[] {
  const names = path.split(/[.[\]]+/).filter((name) => name !== '');
  const metadata = names.indexOf('metadata');
  const told = metadata === -1 ? names : names.slice(0, metadata + 1);
  return told.map((name) => (/^\d+$/.test(name) ? Number(name) : name));
}
