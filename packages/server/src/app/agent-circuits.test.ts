import { describe, expect, it } from 'vitest';
import { ModelError } from '../agents/index.ts';
import { agentBody, create, say } from './testing/conversation.ts';
import { listen } from './testing/listener.ts';
import { scriptedModel } from './testing/scripted-model.ts';
import { startTestProgram } from './testing.ts';

describe('a key of a provider whose quota is used up', () => {
  it('fails further runs at once, until a curator lets it be used again', async () => {
    const state = { has_quota: false };
    const models = scriptedModel(() => {
      if (!state.has_quota)
        throw new ModelError('quota', 'OpenAI says that the credit is used up.');
      return 'Hello';
    });
    const environment = { OPENAI_API_KEY: 'sk-test-0123456789' };
    const program = await startTestProgram({ models, environment });
    const token = await program.token();
    const stream = await listen(program, token);
    for (const name of ['a', 'b'])
      await create(program, token, agentBody(name, `for:${name}`, { model: `openai/${name}` }));
    const ask = async (name: string) => {
      const tags = [`for:${name}`, 'session:c1'];
      const { id } = await say(program, token, 'hi', 'c1', { tags });
      return (await stream.answerTo(id)).context;
    };
    expect(await ask('a')).toMatchObject({ status: 'failed', error: { class: 'quota' } });
    expect(models.heard).toHaveLength(1);
    const refused = await ask('b');
    expect(refused).toMatchObject({ status: 'failed', error: { class: 'quota' } });
    expect(refused.content).toMatch(/credit is used up\. So it is not called with this key until/);
    expect(models.heard).toHaveLength(1);

    const agent_id = '22222222-2222-4222-8222-222222222222';
    const emitter = await program.token({ agent_id, roles: ['emitter', 'subscriber'] });
    const list = (as: string) => program.request('GET', '/v1/model-circuits', { token: as });
    expect((await list(emitter)).status).toBe(403);
    const [circuit] = (await list(token)).body;
    expect(circuit).toMatchObject({ provider: 'openai', failures: 1 });
    expect(JSON.stringify(circuit)).not.toContain('sk-test');
    const path = `/v1/model-circuits/${circuit.fingerprint}/close`;
    state.has_quota = true;
    expect((await program.request('POST', path, { token: emitter })).status).toBe(403);
    expect((await program.request('POST', path, { token })).body).toEqual({ ok: true });
    expect((await program.request('POST', path, { token })).status).toBe(404);
    expect(await ask('b')).toMatchObject({ status: 'completed', content: 'Hello' });
  });
});
