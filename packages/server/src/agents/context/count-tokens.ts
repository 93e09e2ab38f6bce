type Count = (text: string) => number;

/** Counts what a text costs a model. */
export interface TokenCounter {
  /** Tokens of a text for this model, rounded up. Lets the event loop have its turn between texts. */
  count(text: string): Promise<number>;
}

/** Characters after which the event loop is let go on: some milliseconds of counting. */
const TURN_CHARS = 60_000;
/** Words of the tokenizer are words of a language; a longer one is cut, since merging costs more than its length. */
const PIECE_CHARS = 20_000;

/**
 * The counter for a model. OpenAI's models of today are counted exactly (`o200k_base`). Nobody else publishes a
 * tokenizer that could be kept here: for Anthropic's models 30 % are added and for all others 20 %, which is more than
 * they use for English and for code, and may be less for other scripts.
 */
export async function tokenCounter(model: string): Promise<TokenCounter> {
  const count = await loadTokenizer();
  const surcharge = surchargeOf(model);
  let left = TURN_CHARS;
  return {
    async count(text) {
      left -= text.length;
      if (left < 0) {
        left = TURN_CHARS;
        await new Promise((resolve) => setImmediate(resolve));
      }
      let tokens = 0;
      for (let at = 0; at < text.length; at += PIECE_CHARS)
        tokens += count(text.slice(at, at + PIECE_CHARS));
      return Math.ceil(tokens * surcharge);
    },
  };
}

function surchargeOf(model: string): number {
  if (/claude|anthropic/i.test(model)) return 1.3;
  return /(^|\/)(openai|gpt|o\d|chatgpt)/i.test(model) ? 1 : 1.2;
}

/** 77 MB and a fifth of a second, so only where an agent has a context to be counted. */
async function loadTokenizer(): Promise<Count> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  // A text that spells a token of the machinery is a text.
  const options = { disallowedSpecial: new Set<string>() };
  return (text) => countTokens(text, options);
}
