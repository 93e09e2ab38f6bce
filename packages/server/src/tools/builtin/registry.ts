import { breadcrumbCreate } from './breadcrumb-create.ts';
import { breadcrumbSearch } from './breadcrumb-search.ts';
import { calculator } from './calculator.ts';
import type { AnyBuiltin } from './contract.ts';
import { currentTime } from './current-time.ts';
import { echo } from './echo.ts';
import { httpFetch } from './http-fetch.ts';
import { jsonTransform } from './json-transform.ts';
import { random } from './random.ts';
import { scheduler } from './scheduler.ts';
import { timer } from './timer.ts';
import { workflow } from './workflow.ts';

/** Every tool that ships with the server, one line each. */
export const BUILTIN_TOOLS: readonly AnyBuiltin[] = [
  calculator,
  currentTime,
  random,
  echo,
  breadcrumbSearch,
  breadcrumbCreate,
  httpFetch,
  jsonTransform,
  timer,
  scheduler,
  workflow,
];
