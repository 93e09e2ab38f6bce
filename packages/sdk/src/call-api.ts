import type { CallOptions, Page } from './client-types.ts';
import {
  sendRequest,
  type ApiAnswer,
  type ApiRequest,
  type TokenSource,
  type Transport,
} from './send-request.ts';

/** What a change sends. It goes out once, unless `retry` says that a second try cannot do harm. */
type Change = Pick<ApiRequest, 'path' | 'headers' | 'body' | 'timeout_ms'> & {
  readonly method: Exclude<ApiRequest['method'], 'GET'>;
  readonly retry?: boolean;
};

/** Sends the calls of a client: with its token, and reads again when a passing failure comes in between. */
export class ApiCaller {
  readonly #transport: Transport;
  readonly #tokens: TokenSource;

  constructor(transport: Transport, tokens: TokenSource) {
    this.#transport = transport;
    this.#tokens = tokens;
  }

  /** The body that a read is answered with. */
  async get<T>(path: string, options: CallOptions, query?: object): Promise<T> {
    return (await this.read<T>(path, options, query)).body;
  }

  /** One page of a list that the server pages. */
  async page<T>(path: string, query: object, options: CallOptions): Promise<Page<T>> {
    const { items, next_cursor } = await this.pageWithHeaders<T>(path, query, options);
    return { items, next_cursor };
  }

  /** One page whose headers matter too. */
  async pageWithHeaders<T>(
    path: string,
    query: object,
    options: CallOptions,
  ): Promise<Page<T> & { headers: Headers }> {
    const { body, headers } = await this.read<T[]>(path, options, query);
    return { items: body, next_cursor: nextCursor(headers.get('link')), headers };
  }

  /** A read whose headers matter too. */
  read<T>(path: string, { signal }: CallOptions, query: object = {}): Promise<ApiAnswer<T>> {
    return this.#send({ method: 'GET', path, query: parameters(query), retry: true, signal });
  }

  /** A read that is not answered with JSON. */
  async text(path: string, { signal }: CallOptions): Promise<string> {
    const request = { method: 'GET', path, answer: 'text', retry: true, signal } as const;
    return (await this.#send<string>(request)).body;
  }

  /** The body that a change is answered with. */
  async change<T>(change: Change, { signal }: CallOptions): Promise<T> {
    return (await this.#send<T>({ retry: false, ...change, signal })).body;
  }

  #send<T>(request: ApiRequest): Promise<ApiAnswer<T>> {
    return sendRequest<T>(this.#transport, request, this.#tokens);
  }
}

/** The address of a thing: each part is escaped, so that no id can lead elsewhere. */
export function pathTo(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join('/')}`;
}

/** A yes or no that both narrow a list: `false` is sent too, unlike a flag that is not set. */
export function flag(value: boolean | undefined): 'true' | 'false' | undefined {
  return value === undefined ? undefined : value ? 'true' : 'false';
}

/** A list is sent as one parameter for each element. What is absent, and a flag that is not set, is left out. */
function parameters(query: object): URLSearchParams {
  const parameters = new URLSearchParams();
  const entries: [string, QueryValue | readonly QueryValue[]][] = Object.entries(query);
  for (const [name, value] of entries) {
    for (const each of [value].flat()) {
      if (each != null && each !== false) parameters.append(name, String(each));
    }
  }
  return parameters;
}

type QueryValue = string | number | boolean | null | undefined;

/** The `cursor` of the `rel="next"` address in a `Link` header. */
function nextCursor(link: string | null): string | null {
  for (const [, address, attributes] of (link ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?/i.test(attributes ?? '')) continue;
    // The address may be relative, and only its query matters.
    return new URL(address ?? '', 'http://server.invalid').searchParams.get('cursor');
  }
  return null;
}
