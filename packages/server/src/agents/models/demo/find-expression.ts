import { spellOutNumbers } from './spell-out-numbers.ts';

/** An expression found in a message, as a calculator reads it and as the person put it. */
export interface FoundExpression {
  readonly expression: string;
  readonly phrase: string;
}

const LEAD_IN =
  /^(?:(?:hi|hello|hey|please|so|and|ok|okay|now|tell me|can you|could you|would you|what is|what's|whats|what are|calculate|compute|evaluate|solve|work out|how much is|how much are|how many is|the result of|the value of)\b[\s,:!]*)+/i;
const LONGEST = 500;

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const FUNCTIONS = 'sqrt|cbrt|abs|sin|cos|tan|log10|log2|exp|round|floor|ceil';

/** Words and everyday forms, and what they mean to a calculator. Tried in order. */
const REWRITES: readonly (readonly [RegExp, string])[] = [
  [/(\d),(?=\d{3}\b)/g, '$1'],
  [/[×✕]/g, '*'],
  [/÷/g, '/'],
  [/[−–]/g, '-'],
  [/\*\*/g, '^'],
  [/\bper ?cent\b/gi, '%'],
  [/\bpi\b|π/gi, 'pi'],
  [new RegExp(`√\\s*(${NUMBER})`, 'g'), 'sqrt($1)'],
  [/√/g, 'sqrt'],
  [new RegExp(`\\b(?:the )?square root of (${NUMBER}|pi)`, 'gi'), 'sqrt($1)'],
  [/\b(?:the )?square root of\s*\(/gi, 'sqrt('],
  [new RegExp(`\\b(?:the )?cube root of (${NUMBER})`, 'gi'), 'cbrt($1)'],
  [/\bsquared\b/gi, '^2'],
  [/\bcubed\b/gi, '^3'],
  [/\b(?:raised )?to the power (?:of )?/gi, '^'],
  [/\b(?:multiplied by|times)\b/gi, '*'],
  [/\bdivided by\b/gi, '/'],
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [new RegExp(`\\b(?:the )?sum of (${NUMBER}) and (${NUMBER})`, 'gi'), '$1 + $2'],
  [new RegExp(`\\b(?:the )?product of (${NUMBER}) and (${NUMBER})`, 'gi'), '$1 * $2'],
  [/\bhalf of\s+/gi, '(1 / 2) * '],
  [/\bmod(?:ulo)?\b/gi, 'mod'],
  [/(\d)\s*x\s*(?=\d)/gi, '$1 * '],
  [new RegExp(`(${NUMBER})\\s*%\\s*off(?: of)?\\s+`, 'gi'), '(1 - $1 / 100) * '],
  [new RegExp(`(${NUMBER})\\s*%\\s*of\\s+`, 'gi'), '($1 / 100) * '],
  [
    new RegExp(`(${NUMBER})\\s*([+-])\\s*(${NUMBER})\\s*%(?!\\s*[\\d(])`, 'g'),
    '$1 * (1 $2 $3 / 100)',
  ],
  [new RegExp(`(${NUMBER})\\s*%(?!\\s*[\\d(])`, 'g'), '($1 / 100)'],
  [/%/g, ' mod '],
];

const TOKEN = new RegExp(`${NUMBER}|\\.\\d+|\\b(?:${FUNCTIONS}|pi|mod)\\b|[-+*/^()!]`, 'g');
const RUN = new RegExp(`(?:\\s*(?:${TOKEN.source}))+`, 'g');

/** What tells a question from a text that happens to hold numbers: "open 24/7" is no division. */
const CUE =
  /[?=]|\d\s*%|√|\b(?:calculate|compute|evaluate|solve|work out|how much|what is|what's|whats|result|value|plus|minus|times|divided|multiplied|percent|squared|cubed|root|sum|product|power)\b/i;
const DATE = /\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\/\d{1,2}\/\d{2,4})\b/;

/** Finds the longest arithmetic expression in a text; null when there is none worth a calculator. */
export function findExpression(text: string): FoundExpression | null {
  const start = text.slice(0, LONGEST).trim();
  const asked = withoutEnd(start.replace(LEAD_IN, ''));
  let rewritten = spellOutNumbers(asked);
  for (const [pattern, replacement] of REWRITES) {
    rewritten = rewritten.replace(pattern, replacement);
  }
  const expression = runsIn(rewritten)
    .map((run) => wellFormed(run))
    .filter((run) => run !== null)
    .toSorted((first, second) => second.length - first.length)[0];
  if (expression === undefined) return null;
  // The person's own words serve only when they hold nothing but the expression.
  const isWhole = squeeze(rewritten) === squeeze(expression);
  if (!isWhole && !CUE.test(start)) return null;
  return { expression, phrase: isWhole ? asked : expression };
}

/** Stretches of numbers and operators that stand alone: the 5 of "1e5" is no number, and a date no sum. */
function runsIn(text: string): string[] {
  return [...text.matchAll(RUN)]
    .filter(({ 0: run, index }) => {
      const before = /^\s/.test(run) ? '' : text.charAt(index - 1);
      const after = text.charAt(index + run.length);
      return !DATE.test(run) && !/[\p{L}_]/u.test(before + after);
    })
    .map(({ 0: run }) => run);
}

/** Takes the end of a sentence away, but not the sign of a factorial. */
function withoutEnd(text: string): string {
  const factorial = /^\d+!/.exec(text)?.[0];
  const trimmed = text.replace(/[\s?.!=]+$/, '');
  return factorial === `${trimmed}!` ? factorial : trimmed;
}

const squeeze = (text: string): string => text.replace(/\s+/g, '');

/** The run without operators that lead nowhere, or null when what is left is no calculation. */
function wellFormed(run: string): string | null {
  const trimmed = run.replace(/^[\s+*/^!)]+|[\s(+*/^-]+$|^\s*mod\b|\bmod\s*$/g, '').trim();
  const tokens = trimmed.match(TOKEN) ?? [];
  const isCalculation = tokens.some((token) => /^(?:[-+*/^!]|[a-z]{3}.*)$/.test(token));
  return isCalculation && isGrammatical(tokens) ? trimmed : null;
}

/** Whether numbers and operators take turns and every bracket is closed. */
function isGrammatical(tokens: readonly string[]): boolean {
  let depth = 0;
  let expectsOperand = true;
  let previous = '';
  for (const token of tokens) {
    const isOperand = /^[\d.]/.test(token) || token === 'pi';
    const isFunction = /^[a-z]/.test(token) && token !== 'pi' && token !== 'mod';
    if (/^[a-z]/.test(previous) && previous !== 'pi' && previous !== 'mod' && token !== '(')
      return false;
    if (isOperand || isFunction || token === '(') {
      if (!expectsOperand) return false;
      expectsOperand = !isOperand;
      if (token === '(') depth += 1;
    } else if (token === ')' || token === '!') {
      if (expectsOperand) return false;
      if (token === ')') depth -= 1;
      if (depth < 0) return false;
    } else {
      // A sign may stand where an operand is expected, but not after another sign.
      const isSign = token === '-' && expectsOperand && !/^[-+]$/.test(previous);
      if (expectsOperand && !isSign) return false;
      expectsOperand = true;
    }
    previous = token;
  }
  return depth === 0 && !expectsOperand;
}
