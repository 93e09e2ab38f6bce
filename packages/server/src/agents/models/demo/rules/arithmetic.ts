import { inWords, pick, type DemoRule } from '../demo-rule.ts';
import { findExpression } from '../find-expression.ts';

/** "what is 17% of 2340?", "12 * (3+4)", "the square root of two". */
export const arithmetic: DemoRule = {
  tool: 'calculator',
  example: 'what is 17% of 2340?',
  read(text) {
    const found = findExpression(text);
    return found === null ? null : { expression: found.expression };
  },
  say({ text, input, output }) {
    const found = findExpression(text);
    // The question in its own words when the call is about it, else what was worked out.
    const phrase = found?.expression === input['expression'] ? found?.phrase : null;
    const subject = phrase ?? inWords(input['expression'] ?? 'That');
    const result = pick(output, 'result', 'value', 'output', 'answer');
    return `${capitalised(subject)} is ${inWords(result)}.`;
  },
};

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
