import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentOfDraft, draftOfAgent, NEW_AGENT, type AgentDraft } from './agent-draft.ts';

const DEFINITION = {
  agent_id: 'clerk',
  system_prompt: 'Keep the books.',
  tools: ['calculator'],
  capabilities: { can_delete_own: true },
  limits: { tokens: 9_000, tree: { tokens: 20_000 } },
  approvals: { tools: ['http_fetch'], expires_s: 60 },
  subscriptions: { selectors: [{ role: 'trigger', schema_name: 'user.message.v1' }], note: 'kept' },
  output_schema: { type: 'object' },
};

const contextOf = (draft: AgentDraft, before: unknown) => {
  const read = agentOfDraft(draft, before);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.context;
};

describe('the form of an agent', () => {
  it('leaves a definition as it was when nothing is changed, also what it does not know', () => {
    expect(contextOf(draftOfAgent(DEFINITION), DEFINITION)).toEqual(DEFINITION);
  });

  it('takes over what was changed, and leaves out what was emptied', () => {
    const draft = draftOfAgent(DEFINITION);
    const changed = contextOf(
      {
        ...draft,
        model: 'openrouter/some',
        tools: null,
        limits: { ...draft.limits, tokens: '', cost_usd: '0.5' },
        approvals: '*',
        when_busy: 'interrupt',
      },
      DEFINITION,
    );
    expect(changed).toMatchObject({
      model: 'openrouter/some',
      limits: { tree: { tokens: 20_000 }, cost_usd: 0.5 },
      approvals: { tools: '*', expires_s: 60 },
      when_busy: 'interrupt',
    });
    expect(changed['limits']).not.toHaveProperty('tokens');
    expect(changed).not.toHaveProperty('tools');
  });

  it('says what is missing or cannot be read', () => {
    const draft = { ...NEW_AGENT, selectors: '{}', temperature: 'warm' };
    expect(agentOfDraft(draft, null)).toEqual({
      faults: {
        agent_id: 'It needs a name',
        system_prompt: 'Say what it is to do',
        selectors: 'A list is needed: [{…}]',
        temperature: 'This is no number',
      },
    });
  });

  it('reads definitions of any shape', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (context) => {
        expect(() => agentOfDraft(draftOfAgent(context), context)).not.toThrow();
      }),
    );
  });
});
