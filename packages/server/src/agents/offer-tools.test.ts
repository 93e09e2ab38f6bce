import type { AgentDefinition } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { newId } from '../base/index.ts';
import type { RunnableTool } from '../tools/index.ts';
import { offerTools } from './offer-tools.ts';
import { agentPrincipal } from './register-agents.ts';

const AGENT: AgentDefinition = {
  agent_id: 'helper',
  system_prompt: '',
  subscriptions: { selectors: [] },
};
const TOOLS: RunnableTool[] = ['create_issue', 'list_issues', 'send_mail', 'translate'].map(
  (name) => {
    const input_schema = { type: 'object' };
    const code = { language: 'javascript', source: '' } as const;
    return {
      definition: {
        name,
        description: `Does ${name.replace('_', ' ')}`,
        definition: { inputSchema: input_schema },
        implementation: { type: 'code' },
      },
      code: { name, code, input_schema },
      definition_id: newId(),
    };
  },
);

function search(names: readonly string[]) {
  return {
    request_id: newId(),
    step_seq: 0,
    place: 0,
    call_id: 'c',
    tool: 'tool_search',
    request_breadcrumb_id: null,
    response_breadcrumb_id: null,
    output: { tools: names.map((name) => ({ name, description: '' })) },
    is_error: false,
  };
}

async function offered(
  definition: AgentDefinition,
  calls: readonly ReturnType<typeof search>[],
  offered_max: number,
) {
  const tools = { list: async () => TOOLS };
  const offer = await offerTools(definition, tools, agentPrincipal(newId(), newId()), {
    calls,
    offered_max,
    tool_timeout_ms: 60_000,
  });
  return offer.offered.map(({ name }) => name);
}

describe('what an agent is offered', () => {
  it('is all of its tools while they are few', async () => {
    expect(await offered(AGENT, [], 4)).toEqual(TOOLS.map(({ definition: { name } }) => name));
  });

  it('is a search instead of too many, and then also what its searches found', async () => {
    expect(await offered(AGENT, [], 3)).toEqual(['tool_search']);
    expect(await offered(AGENT, [search(['send_mail'])], 3)).toEqual(['send_mail', 'tool_search']);
    // The newest first, as many as may be.
    const calls = [search(['send_mail']), search(['translate', 'create_issue'])];
    expect(await offered(AGENT, calls, 2)).toEqual(['create_issue', 'translate', 'tool_search']);
  });

  it('is what its definition names, and nothing else', async () => {
    const named = { ...AGENT, tools: ['translate'] };
    expect(await offered(named, [], 3)).toEqual(['translate']);
  });

  it('is no tool when it may use none, and no way to agents that it may not take', async () => {
    const agents = ['other'];
    const none = { ...AGENT, agents, capabilities: { can_use_tools: false } };
    expect(await offered(none, [], 3)).toEqual([]);
    const asks = { ...none, capabilities: { can_use_tools: false, can_spawn_agents: true } };
    expect(await offered(asks, [], 3)).toEqual(['ask_agent', 'hand_over']);
  });
});
