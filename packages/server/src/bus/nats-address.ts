import type { ConnectionOptions } from '@nats-io/transport-node';

/**
 * Reads a NATS address, or several with commas between them: `nats://user:password@host:4222`, `nats://token@host`,
 * `tls://host`. The driver itself takes only hosts, and reads a password of digits as the port.
 * @throws Error that says what was expected, and never what came: it may hold a password
 */
export function readNatsAddress(
  address: string,
): Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'> {
  const urls = address.split(',').map((each) => {
    const text = each.trim();
    const url = URL.parse(text.includes('://') ? text : `nats://${text}`);
    if (!url?.hostname || !/^(nats|tls):$/.test(url.protocol))
      throw new Error('NATS_URL: expected nats://host:port or tls://host:port');
    return url;
  });
  const named = urls.find(({ username }) => username !== '');
  const user = decodeURIComponent(named?.username ?? '');
  const pass = decodeURIComponent(named?.password ?? '');
  return {
    servers: urls.map(({ host }) => host),
    ...(pass === '' ? {} : { user, pass }),
    ...(pass === '' && user !== '' ? { token: user } : {}),
    ...(urls.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
  };
}
