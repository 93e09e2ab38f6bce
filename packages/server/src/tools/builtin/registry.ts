import { breadcrumbCreate } from './breadcrumb-create.ts';
import { breadcrumbSearch } from './breadcrumb-search.ts';
import { calculator } from './calculator.ts';
import type { BuiltinTool } from './contract.ts';
import { currentTime } from './current-time.ts';
import { echo } from './echo.ts';
import { random } from './random.ts';

/** Every tool that ships with the server, one line each. */
export const BUILTIN_TOOLS: readonly BuiltinTool[] = [
  calculator,
  currentTime,
  random,
  echo,
  breadcrumbSearch,
  breadcrumbCreate,
];
