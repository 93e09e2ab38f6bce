import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestProgram, type TestProgram } from './testing.ts';
import { startStrictProgram } from './testing/start-strict-program.ts';

async function ticketOf(program: TestProgram, token: string): Promise<string> {
  const { status, body } = await program.request('POST', '/events/tickets', { token });
  expect(status).toBe(201);
  expect(body).toEqual({ ticket: expect.stringMatching(/^[\w-]{40,}$/), expires_in: 30 });
  return body.ticket as string;
}

/** Opens a stream and says how it was answered, with the first frame when it was opened. */
async function open(program: TestProgram, query: string): Promise<string | number> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${program.url}/v1/events/stream${query}`, { signal: abort.signal });
  if (response.status !== 200) return response.status;
  for await (const bytes of response.body ?? []) return new TextDecoder().decode(bytes);
  return '';
}

describe('a stream ticket', () => {
  it('opens one stream, once', async () => {
    const program = await startTestProgram();
    const ticket = await ticketOf(program, await program.token());
    expect(await open(program, `?ticket=${ticket}`)).toContain('"type":"ping"');
    expect(await open(program, `?ticket=${ticket}`)).toBe(401);
  });

  it('opens one stream of two that ask at once', async () => {
    const program = await startTestProgram();
    const ticket = await ticketOf(program, await program.token());
    const answers = await Promise.all([1, 2, 3].map(() => open(program, `?ticket=${ticket}`)));
    expect(answers.filter((answer) => answer === 401)).toHaveLength(2);
  });

  it('is void after its time, and those never used are forgotten', async () => {
    const program = await startTestProgram();
    const token = await program.token();
    const ticket = await ticketOf(program, token);
    const age = (text: string) =>
      program.db.query({
        text: `update stream_tickets set expires_at = now() - interval '${text}'`,
      });
    await age('1 second');
    expect(await open(program, `?ticket=${ticket}`)).toBe(401);
    await ticketOf(program, token);
    await age('1 hour');
    await ticketOf(program, token);
    const { rows } = await program.db.query({ text: 'select 1 from stream_tickets' });
    expect(rows).toHaveLength(1);
  });

  it('opens no other route, and is not used up there', async () => {
    const program = await startTestProgram();
    const ticket = await ticketOf(program, await program.token());
    for (const path of ['/breadcrumbs', '/agents', '/system', '/v1/keys']) {
      expect((await program.request('GET', `${path}?ticket=${ticket}`)).status).toBe(401);
      expect((await program.request('GET', path, { token: ticket })).status).toBe(401);
    }
    expect(await open(program, `?access_token=${ticket}`)).toBe(401);
    expect(await open(program, `?ticket=${ticket}`)).toContain('ping');
  });

  it('is not kept as it is, and is not given without a token', async () => {
    const program = await startTestProgram();
    expect((await program.request('POST', '/events/tickets')).status).toBe(401);
    const ticket = await ticketOf(program, await program.token());
    const { rows } = await program.db.query<{ row: string }>({
      text: 'select stream_tickets::text as row from stream_tickets',
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(ticket);
    for (const wrong of ['x', '', '%00', `${ticket}x`])
      expect(await open(program, `?ticket=${wrong}`)).toBe(401);
  });

  it('opens a stream in strict mode, where a token in the address does not', async () => {
    const { program, admin_key } = await startStrictProgram();
    expect(await open(program, `?access_token=${admin_key}`)).toBe(401);
    const ticket = await ticketOf(program, admin_key);
    expect(await open(program, `?ticket=${ticket}`)).toContain('"type":"ping"');
    expect(await open(program, `?ticket=${ticket}`)).toBe(401);
  });
});
