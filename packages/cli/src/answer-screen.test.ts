import type { AgentDelta } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { AnswerScreen } from './answer-screen.ts';
import { createOutput } from './output.ts';

/** A screen that a person watches, and all that stands on it, notes in brackets. */
function liveScreen(is_live = true): { screen: AnswerScreen; seen: () => string } {
  let seen = '';
  const screen = new AnswerScreen({
    ...createOutput(false),
    is_live,
    columns: 60,
    line: (text) => (seen += `${text}\n`),
    write: (text) => (seen += text),
    note: (text) => (seen += `[${text}]\n`),
    styleNote: (_format, text) => text,
  });
  return { screen, seen: () => seen };
}

const delta = (index: number, text: string, run_id = 'r1'): AgentDelta => ({
  type: 'agent.delta',
  kind: 'text',
  owner_id: 'o',
  conversation_id: 'c',
  run_id,
  trigger_id: 't',
  agent_id: 'a',
  index,
  text,
});

describe('AnswerScreen', () => {
  it('shows the text as it is written and does not repeat it', () => {
    const { screen, seen } = liveScreen();
    screen.onText(delta(0, 'It is '));
    screen.onText(delta(1, '397.8'));
    screen.finish('It is 397.8');
    expect(seen()).toBe('It is 397.8\n');
  });

  it('puts tool calls on lines of their own', () => {
    const { screen, seen } = liveScreen();
    screen.onText(delta(0, 'Let me see.'));
    screen.onToolRequest({ tool: 'calculator', input: { expression: '1+1' } });
    screen.onToolResponse({ tool: 'calculator', status: 'success', output: 2 });
    screen.onToolResponse({ tool: 'fetch', status: 'error', error: 'no network' });
    screen.onText(delta(1, 'It is 2'));
    screen.finish('It is 2');
    expect(seen()).toBe(
      'Let me see.\n[→ calculator {"expression":"1+1"}]\n[← calculator: 2]\n[← fetch: failed: no network]\nIt is 2\n',
    );
  });

  it('prints the whole answer when a piece of it was lost', () => {
    const { screen, seen } = liveScreen();
    screen.onText(delta(0, 'It '));
    screen.onText(delta(2, '397.8'));
    screen.onText(delta(3, ', exactly'));
    screen.finish('It is 397.8, exactly');
    expect(seen()).toBe('It \nIt is 397.8, exactly\n');
  });

  it('begins a new line when the run is tried again', () => {
    const { screen, seen } = liveScreen();
    screen.onText(delta(0, 'It i'));
    screen.onText(delta(0, 'It is 2', 'r2'));
    screen.finish('It is 2');
    expect(seen()).toBe('It i\nIt is 2\n');
  });

  it('prints an answer once, without pieces, when nobody watches', () => {
    const { screen, seen } = liveScreen(false);
    screen.onText(delta(0, 'It is 2'));
    screen.finish('It is 2');
    expect(seen()).toBe('It is 2\n');
  });

  it('writes no control characters of the model to the terminal', () => {
    const { screen, seen } = liveScreen();
    screen.onText(delta(0, 'a\u001b[2Jb\n\tc'));
    screen.finish('a\u001b[2Jb\n\tc');
    expect(seen()).toBe('a[2Jb\n\tc\n');
  });
});
