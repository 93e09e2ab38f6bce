import { describe, expect, it } from 'vitest';
import { tokenCounter } from './count-tokens.ts';
import { shortenContent } from './shorten-content.ts';

describe('tokenCounter', () => {
  it('counts the tokens of OpenAI, adds for others, and takes the names of special tokens for text', async () => {
    const openai = await tokenCounter('openrouter/openai/gpt-5');
    // As the public tokenizer page for o200k_base shows it.
    expect(await openai.count('hello world')).toBe(2);
    expect(await openai.count('')).toBe(0);
    expect(await openai.count('<|endoftext|>')).toBeGreaterThan(1);
    const text = 'The quick brown fox jumps over the lazy dog. '.repeat(20);
    const exact = await openai.count(text);
    expect(await (await tokenCounter('anthropic/claude-sonnet-5')).count(text)).toBe(
      Math.ceil(exact * 1.3),
    );
    expect(await (await tokenCounter('demo')).count(text)).toBe(Math.ceil(exact * 1.2));
  });

  it('counts a word of a million letters before long', async () => {
    const counter = await tokenCounter('openai/gpt-5');
    const started = performance.now();
    expect(await counter.count('abcdefgh'.repeat(125_000))).toBeGreaterThan(100_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('shortenContent', () => {
  const cost = async (content: unknown) => JSON.stringify(content).length;

  it('leaves what fits as it is, and cuts the rest to fit', async () => {
    expect(await shortenContent({ a: 1 }, 50, cost)).toEqual({ content: { a: 1 }, tokens: 7 });
    const cut = await shortenContent({ content: 'x'.repeat(5_000) }, 100, cost);
    expect(cut.content).toMatch(/^x+… \(shortened: 5000 characters\)$/);
    expect(cut.tokens).toBeLessThanOrEqual(100);
    expect((await shortenContent('x'.repeat(200), 10, cost)).content).toBe('');
  });
});
