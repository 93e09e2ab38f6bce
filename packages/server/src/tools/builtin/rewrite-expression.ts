import { ToolInputError } from './contract.ts';

/** Parentheses within parentheses; the parser calls itself some twenty times for each. */
const DEPTH_MAX = 50;

/** What people type, and the sign that the parser knows. */
const SIGNS: Readonly<Record<string, string>> = {
  '×': '*',
  '·': '*',
  '⋅': '*',
  '÷': '/',
  '∕': '/',
  '−': '-',
  '–': '-',
  '—': '-',
  π: ' pi ',
  τ: ' tau ',
  '°': ' deg ',
  '²': '^2',
  '³': '^3',
  '√': ' sqrt ',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
};

/**
 * Brings an expression as people write it into the grammar of the parser, with two operators lent to percentages:
 * `'` after a term is "percent" and `.*` is "off". The parser's own `%` is never used: it decides between percent
 * and modulo by trying, which takes twice the time for each level of parentheses, and takes `10% - 2` for a modulo.
 * @throws ToolInputError for characters that have no place in arithmetic, and for too many parentheses
 */
export function rewriteExpression(expression: string): string {
  let text = expression;
  for (const [sign, meaning] of Object.entries(SIGNS)) text = text.replaceAll(sign, meaning);
  text = text.replace(/\s+/g, ' ');
  // A final "=" or "?" asks for the answer.
  text = text
    .replaceAll('**', '^')
    .replace(/[=? ]+$/, '')
    .trim();
  assertArithmetic(text);
  // The parser has element-wise operators; in "2.*3" the point belongs to the number.
  text = text.replace(/(\d)\.(?= ?[*/^])/g, '$1');
  if (/\.[*/^]/.test(text)) {
    throw new ToolInputError('".*", "./" and ".^" are for lists; write * / ^ between numbers.');
  }
  text = withoutThousandsCommas(text);
  text = text.replace(/\bper ?cent\b/gi, '%');
  return text.replace(/% ?(off?\b)?/gi, percentOrModulo);
}

function percentOrModulo(
  match: string,
  word: string | undefined,
  at: number,
  whole: string,
): string {
  if (word) return word.toLowerCase() === 'off' ? "' .* " : "' * ";
  const isModulo = /^(?!mod\b)[\w(.]/i.test(whole.slice(at + match.length));
  // "7 % 3" and "7%3" are remainders, but whoever writes "17% 2340" most likely means a share of it.
  if (isModulo && match === '% ' && whole[at - 1] !== ' ') {
    throw new ToolInputError('Write "17% of 2340" for a share, or "17 mod 2340" for a remainder.');
  }
  return isModulo ? ' mod ' : "' ";
}

function assertArithmetic(text: string): void {
  if (text === '')
    throw new ToolInputError('The expression is empty; write such as "2 * (3 + 4)".');
  const odd = text.match(/[^\w +\-*/%^!(),.<>=]/u)?.[0];
  if (odd !== undefined) {
    throw new ToolInputError(
      `${JSON.stringify(odd)} has no place in an expression; use numbers, + - * / ^ %, parentheses and ` +
        'functions such as sqrt(2).',
    );
  }
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth > DEPTH_MAX) {
      throw new ToolInputError(
        `The expression has more than ${DEPTH_MAX} parentheses within each other; split it up.`,
      );
    }
  }
}

/** Outside parentheses a comma can only group digits: "2,340 * 2". Inside it may separate arguments, and stays. */
function withoutThousandsCommas(text: string): string {
  let depth = 0;
  return text.replace(/[()]|(?<![\w.])\d{1,3}(?:,\d{3})+(?![\w,])/g, (match) => {
    if (match === '(') depth += 1;
    else if (match === ')') depth -= 1;
    else if (depth === 0) return match.replaceAll(',', '');
    return match;
  });
}
