import { createServer } from 'node:http';
import { problem } from '@cairn/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../test/run-cli.ts';

const ITEM = {
  id: '00000000-0000-7000-8000-000000000001',
  agent_name: 'mailer',
  tool: 'send',
  state: 'pending',
  input: { to: 'Ann' },
  expires_at: '2026-01-02T03:04:05.000Z',
};

/** A server with one tool call that waits for consent, and what it was asked. */
async function start() {
  const asked: string[] = [];
  let state = 'pending';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const path = String(request.url).replace('/v1', '');
      const answer = (status: number, json: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(json));
      if (path.startsWith('/auth/token')) {
        const exp = Math.floor(Date.now() / 1000) + 3_600;
        return answer(200, { token: 't', owner_id: 'o', agent_id: 'a', roles: [], exp });
      }
      if (!path.startsWith('/approvals')) return answer(200, { version: '1' });
      if (path === '/approvals/xyz')
        return answer(
          400,
          problem('validation_failed', 'id must be a UUID; a string of 3 characters came', {
            errors: [{ path: 'id', message: 'must be a UUID; a string of 3 characters came' }],
          }),
        );
      asked.push(`${request.method} ${path} ${body}`.trim());
      if (request.method === 'GET')
        return answer(
          200,
          path.includes('pending') && state !== 'pending' ? [] : [{ ...ITEM, state }],
        );
      if (state !== 'pending') return answer(409, problem('conflict', `it was ${state} before`));
      state = body.includes('approve') ? 'approved' : 'denied';
      return answer(200, { ...ITEM, state });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cli = (...args: string[]) => runCli([...args, '--url', `http://127.0.0.1:${address.port}`]);
  return { asked, cli };
}

describe('consent from the command line', () => {
  it('lists what waits, lets it be made, and says when it was decided before', async () => {
    const { asked, cli } = await start();
    const listed = await cli('approvals');
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/^ID +AGENT +TOOL +STATE +INPUT$/m);
    expect(listed.stdout).toMatch(
      new RegExp(`^${ITEM.id} +mailer +send +until .* {"to":"Ann"}$`, 'm'),
    );
    const approved = await cli('approve', ITEM.id, '--comment', 'fine');
    expect(approved).toMatchObject({ code: 0, stdout: 'Approved: send for mailer\n' });
    const denied = await cli('deny', ITEM.id);
    expect(denied.code).not.toBe(0);
    expect(denied.stderr).toContain('it was approved before');
    expect((await cli('approvals')).stderr).toContain('Nothing waits for consent.');
    expect((await cli('approvals', '--all')).stdout).toContain('approved');
    expect(asked.slice(0, 2)).toEqual([
      'GET /approvals?state=pending',
      `POST /approvals/${ITEM.id} {"decision":"approve","comment":"fine"}`,
    ]);
  });

  it('says once what is no id, and ends with 2', async () => {
    const { cli } = await start();
    expect(await cli('approve', 'xyz')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: id must be a UUID; a string of 3 characters came\n',
    });
  });

  it('answers in JSON when it is asked to', async () => {
    const { cli } = await start();
    expect(JSON.parse((await cli('approvals', '--json')).stdout)).toEqual([ITEM]);
    const { stdout } = await cli('deny', ITEM.id, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ id: ITEM.id, state: 'denied' });
  });
});
