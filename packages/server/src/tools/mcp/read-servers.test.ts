import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WELL_KNOWN } from '@cairn/protocol';
import { expect, describe, it, onTestFinished } from 'vitest';
import { newId } from '../../base/index.ts';
import type { Secrets } from '../../secrets/index.ts';
import { readServerRecord } from './read-server-record.ts';
import { readServersFile } from './read-servers-file.ts';

async function read(content: unknown) {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-mcp-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'servers.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readServersFile(path, { PATH: '/bin', HOME: null });
}

describe("the administrator's file", () => {
  it('is read in the form that other hosts use', async () => {
    const [files, web] = await read({
      mcpServers: {
        files: { command: 'npx', args: ['-y', 'x'], env: { KEY: 'k' } },
        web: {
          type: 'http',
          url: 'http://127.0.0.1:1/mcp',
          headers: { 'x-key': 'k' },
          owners: ['o'],
        },
        off: { command: 'x', disabled: true },
      },
    });
    expect(files).toMatchObject({
      name: 'files',
      owners: [WELL_KNOWN.owner_id],
      reach: { type: 'stdio', command: 'npx', args: ['-y', 'x'], env: { PATH: '/bin', KEY: 'k' } },
    });
    expect(web).toMatchObject({ owners: ['o'], reach: { type: 'http' } });
    expect(web?.reach.type === 'http' && (await web.reach.headers())).toEqual({ 'x-key': 'k' });
  });

  it.each([
    ['no JSON', '{', /cannot be read as JSON/],
    ['another shape', { servers: {} }, /must be/],
    ['an odd name', { mcpServers: { 'a b': { command: 'x' } } }, /must have a name/],
    ['a name that would hide where it ends', { mcpServers: { a__b: { command: 'x' } } }, /name/],
    ['neither command nor url', { mcpServers: { a: {} } }, /either a command or a url/],
    ['both', { mcpServers: { a: { command: 'x', url: 'http://x' } } }, /either/],
    ['another scheme', { mcpServers: { a: { url: 'file:///etc/passwd' } } }, /not http/],
    ['the former transport', { mcpServers: { a: { type: 'sse', url: 'http://x' } } }, /sse/],
  ])('is refused with %s', async (_, content, reason) => {
    await expect(read(content)).rejects.toThrow(reason);
  });
});

/** How a header names a secret. */
const wanted = (secret: string) => `$\{secret:${secret}}`;

describe('a record that mounts a server', () => {
  const asked: string[] = [];
  const openByName = async (name: string) => {
    asked.push(name);
    return name === 'token' ? ' s3cret\n' : null;
  };
  const ports = {
    secrets: { openByName } as unknown as Secrets,
    fetch: (url: string | URL) => fetch(url),
    allow_private: false,
  };
  const row = (context: object, is_approved = true) => ({
    id: newId(),
    owner_id: newId(),
    version: 1,
    changed_by: newId(),
    context: { name: 'a', url: 'https://example.com/mcp', ...context },
    is_approved,
  });

  it('gets secrets into its headers when it connects, and fails without them', async () => {
    const headers = { authorization: `Bearer ${wanted('token')}`, 'x-plain': 'p' };
    const found = readServerRecord(row({ headers }), ports);
    if (!found || !('spec' in found) || found.spec.reach.type !== 'http') throw new Error('none');
    expect(asked).toEqual([]);
    expect(await found.spec.reach.headers()).toEqual({
      authorization: 'Bearer s3cret',
      'x-plain': 'p',
    });
    const lacking = readServerRecord(row({ headers: { a: wanted('other') } }), ports);
    if (!lacking || !('spec' in lacking) || lacking.spec.reach.type !== 'http')
      throw new Error('none');
    await expect(lacking.spec.reach.headers()).rejects.toMatchObject({
      error_class: 'mcp_refused',
    });
  });

  it.each([
    ['is not a curator’s', row({}, false), /curator/],
    ['names a private address', row({ url: 'http://169.254.169.254/' }), /private network/],
    ['names a command', row({ url: undefined, command: 'rm' }), /does not fit/],
    ['sets headers of the transport', row({ headers: { Host: 'x' } }), /headers may not have Host/],
    ['has headers that are none', row({ headers: { 'a b': 'x' } }), /not HTTP headers/],
  ])('is refused when it %s', (_, given, reason) => {
    expect(readServerRecord(given, ports)).toMatchObject({
      name: 'a',
      refusal: { class: 'mcp_refused', message: expect.stringMatching(reason) },
    });
  });

  it('is nothing when it is switched off or has no name', () => {
    expect(readServerRecord(row({ enabled: false }), ports)).toBeNull();
    expect(readServerRecord(row({ name: 'a b' }), ports)).toBeNull();
  });
});
