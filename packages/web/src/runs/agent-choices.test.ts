import type { AgentOverview } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { agentChoices } from './agent-choices.ts';

const SEEN = { runs: 1, failures: 0, running: 0, first_seen: null, last_seen: null };

function agent(agent_id: string, versions: string[], environments: string[]): AgentOverview {
  return {
    agent_id,
    ...SEEN,
    environments,
    versions: versions.map((agent_version) => ({ agent_version, environment: 'x', ...SEEN })),
  };
}

const AGENTS = [
  agent('b', ['2.9', '2.10', '2.9'], ['production', 'test']),
  agent('a', ['1'], ['test']),
];

describe('choices of agents', () => {
  it('are in order, newest version first, each once', () => {
    expect(agentChoices(AGENTS, undefined)).toEqual({
      agents: ['a', 'b'],
      versions: ['2.10', '2.9', '1'],
      environments: ['production', 'test'],
    });
  });

  it('are those of the chosen agent', () => {
    expect(agentChoices(AGENTS, 'a')).toMatchObject({ versions: ['1'], environments: ['test'] });
    expect(agentChoices(AGENTS, 'gone').versions).toEqual([]);
  });

  it('are not thousands', () => {
    const many = Array.from({ length: 5_000 }, (_, at) => agent(`agent ${at}`, [], []));
    expect(agentChoices(many, undefined).agents).toHaveLength(300);
  });
});
