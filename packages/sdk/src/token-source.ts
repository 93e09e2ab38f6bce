import type { TokenAnswer } from '@cairn/protocol';
import { sendRequest, type TokenSource, type Transport } from './send-request.ts';

/** Who the client is. At most one of `token` and `api_key` is used; with neither, the dev mode of the server is. */
export interface Credentials {
  readonly token?: string | undefined;
  readonly api_key?: string | undefined;
  readonly owner_id?: string | undefined;
  readonly agent_id?: string | undefined;
}

/** A token is renewed this long before it ends, so that no request meets the moment of its end. */
const MARGIN_MS = 30_000;

/** A given token is used as it is; there is no way to renew it. */
export function fixedToken(token: string): TokenSource {
  return { current: () => Promise.resolve(token), renew: () => Promise.resolve(null) };
}

/**
 * Gets tokens from `POST /auth/token` when one is first needed, keeps each until shortly before its end, and asks once
 * however many requests wait for it.
 */
export function requestedToken(transport: Transport, credentials: Credentials): TokenSource {
  let held: { token: string; renew_at_ms: number } | null = null;
  let pending: Promise<string> | null = null;

  async function request(): Promise<string> {
    const { api_key, owner_id, agent_id } = credentials;
    const { body } = await sendRequest<TokenAnswer>(
      transport,
      {
        method: 'POST',
        path: '/v1/auth/token',
        body: { ...(owner_id ? { owner_id } : {}), ...(agent_id ? { agent_id } : {}) },
        ...(api_key ? { headers: { authorization: `Bearer ${api_key}` } } : {}),
        // Two tokens are as good as one: nothing is stored for them.
        retry: true,
      },
      null,
    );
    held = { token: body.token, renew_at_ms: renewalTime(body.exp, transport.timing.now()) };
    return body.token;
  }

  /** Not bound to the signal of any one caller: the others that wait for the same token must get it. */
  function share(): Promise<string> {
    pending ??= request().finally(() => {
      pending = null;
    });
    return pending;
  }

  return {
    current() {
      if (held !== null && transport.timing.now() < held.renew_at_ms) {
        return Promise.resolve(held.token);
      }
      return share();
    },
    renew(refused) {
      // Another request may have renewed it while this one was on its way.
      if (held !== null && held.token !== refused) return Promise.resolve(held.token);
      return share();
    },
  };
}

/**
 * When to renew a token that ends at `exp_s`. A token that has ended by our clock the moment it comes means that the clocks
 * differ: then it is kept until the server refuses it, instead of asking for one before every request.
 */
function renewalTime(exp_s: number, now_ms: number): number {
  const life_ms = exp_s * 1_000 - now_ms;
  if (life_ms <= 0) return Number.POSITIVE_INFINITY;
  return now_ms + Math.max(life_ms - MARGIN_MS, life_ms / 2);
}
