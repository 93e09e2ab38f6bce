import { ROLES, type BreadcrumbCreate, type BreadcrumbFull, type Role } from '@cairn/protocol';

/** The few calls that figures make to set up, outside of what is measured. */
export async function getToken(
  port: number,
  who: { owner_id?: string; agent_id?: string; roles?: readonly Role[] } = {},
): Promise<string> {
  const answer = await call<{ token: string }>(port, 'POST', '/auth/token', {
    body: { roles: ROLES, ttl_sec: 3_600, ...who },
  });
  return answer.token;
}

export function create(
  port: number,
  token: string,
  body: BreadcrumbCreate,
): Promise<BreadcrumbFull> {
  return call<BreadcrumbFull>(port, 'POST', '/breadcrumbs', { token, body });
}

/** The text of an answer, as it comes over the wire. @throws Error when it is not a 2xx */
export async function readText(port: number, token: string, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return text;
}

async function call<T>(
  port: number,
  method: string,
  path: string,
  { token, body }: { token?: string; body: unknown },
): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}
