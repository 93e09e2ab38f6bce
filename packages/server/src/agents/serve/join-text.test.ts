import { describe, expect, it } from 'vitest';
import { GrowingText } from './join-text.ts';

const piece = (index: number, text: string) => ({ index, text, kind: 'text' as const });

describe('a growing text', () => {
  it('ends with the whole answer when a piece was lost', () => {
    const text = new GrowingText();
    const parts = [text.add(piece(0, 'It ')), text.add(piece(2, '397.8'))];
    expect([...parts, text.end('It is 397.8')].join('')).toBe('It is 397.8');
  });

  it('says the answer apart when what was written before is no part of it', () => {
    const text = new GrowingText();
    const parts = [text.add(piece(0, 'Let me see.'))];
    text.nextStep();
    parts.push(text.add(piece(3, 'It is')), text.add(piece(1, 'nothing')));
    expect(parts).toEqual(['Let me see.', '', '']);
    expect(text.end('It is 4.')).toBe('\n\nIt is 4.');
  });

  it('adds nothing that a model only thought, nor a second time what it wrote', () => {
    const text = new GrowingText();
    text.add({ ...piece(0, 'hm'), kind: 'reasoning' });
    expect([text.add(piece(1, 'Yes')), text.add(piece(0, 'Yes')), text.end('Yes.')]).toEqual([
      'Yes',
      '',
      '.',
    ]);
  });
});
