import { inWords, pick, type DemoRule } from '../demo-rule.ts';

const COUNT = /\b(\d{1,2}|two|three|four|five|six) (?:dice|d\d)/i;
const COUNT_WORDS = ['two', 'three', 'four', 'five', 'six'];
const DIE = /\b(?:roll|throw)\b.*?\b(?:dice|die|d(\d{1,4}))\b/i;
const NUMBER =
  /\brandom (?:whole )?(?:number|integer)\b|\b(?:pick|choose|give me|think of) a number\b/i;
const RANGE = /\b(?:between|from)\s+(-?\d{1,12})\s+(?:and|to)\s+(-?\d{1,12})\b/i;

/** "roll a die", "a random number between 1 and 10". */
export const random: DemoRule = {
  tool: 'random',
  example: 'roll a die',
  read(text) {
    const die = DIE.exec(text);
    if (die) {
      const count = countOf(COUNT.exec(text)?.[1]);
      return { min: 1, max: Math.max(1, Number(die[1] ?? 6)), ...(count > 1 ? { count } : {}) };
    }
    if (!NUMBER.test(text)) return null;
    const [a, b] = RANGE.exec(text)?.slice(1).map(Number) ?? [1, 100];
    return { min: Math.min(a ?? 1, b ?? 100), max: Math.max(a ?? 1, b ?? 100) };
  },
  say({ text, input, output }) {
    const values = pick(output, 'values', 'value', 'result');
    const result = Array.isArray(values) ? values.map(inWords).join(', ') : inWords(values);
    if (DIE.test(text)) return `You rolled ${result}.`;
    return `A random number between ${inWords(input['min'])} and ${inWords(input['max'])}: ${result}.`;
  },
};

function countOf(word: string | undefined): number {
  if (word === undefined) return 1;
  const index = COUNT_WORDS.indexOf(word.toLowerCase());
  return index >= 0 ? index + 2 : Math.max(1, Number(word) || 1);
}
