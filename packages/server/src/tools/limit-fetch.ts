import type { GuardedFetch } from '../http/index.ts';
import { ToolInputError, type ToolFetch } from './builtin/index.ts';

export interface FetchLimits {
  /** `name`, `name:port`, `*.name` for every name below it, or `*` for all. */
  readonly hosts: readonly string[];
  readonly requests_max: number;
  /** Bytes of all answers together. */
  readonly bytes_max: number;
  /** Who says which hosts there are: put into the message for one that is not among them. */
  readonly listed_in: string;
}

/** The guarded fetch of one run: only to some hosts, and only so much. */
export function limitFetch(
  fetch: GuardedFetch,
  limits: FetchLimits,
  signal: AbortSignal,
): ToolFetch {
  let requests = 0;
  let bytes = 0;
  return async (url, request) => {
    if (!URL.canParse(url)) throw new ToolInputError(`${url.slice(0, 200)} is not an address.`);
    const { hostname, host, protocol } = new URL(url);
    if (!limits.hosts.some((each) => isHost(each, { hostname, host, protocol })))
      throw new ToolInputError(
        `The host ${host} is not among those that ${limits.listed_in} lists.`,
      );
    if (++requests > limits.requests_max)
      throw new ToolInputError(`At most ${limits.requests_max} requests may be sent in one run.`);
    const left = limits.bytes_max - bytes;
    if (left <= 0)
      throw new ToolInputError(`At most ${limits.bytes_max} bytes may be fetched in one run.`);
    const response_bytes_max = Math.min(request.response_bytes_max, left);
    const answer = await fetch(url, { ...request, response_bytes_max, signal });
    bytes += answer.body.length;
    return answer;
  };
}

function isHost(
  listed: string,
  { hostname, host, protocol }: { hostname: string; host: string; protocol: string },
): boolean {
  const name = listed.toLowerCase();
  if (name === '*' || name === hostname || name === host) return true;
  if (name.startsWith('*.')) return hostname.endsWith(name.slice(1));
  // The port that an address leaves out.
  return name === `${hostname}:${protocol === 'https:' ? 443 : 80}`;
}
