import type { DemoRule } from './demo-rule.ts';
import { arithmetic } from './rules/arithmetic.ts';
import { currentTime } from './rules/current-time.ts';
import { echo } from './rules/echo.ts';
import { random } from './rules/random.ts';
import { remember } from './rules/remember.ts';
import { search } from './rules/search.ts';

/**
 * Everything the stand-in understands; the first rule that reads a message has it. Those that begin with a word of
 * command come first ("remember that 2 + 2 is 4" is no sum), and arithmetic, which looks everywhere, last.
 */
export const DEMO_RULES: readonly DemoRule[] = [
  echo,
  remember,
  search,
  currentTime,
  random,
  arithmetic,
];
