import { integerSetting } from '../base/index.ts';

export const TOOLS_SETTINGS = {
  timeout_s: integerSetting({
    env: 'TOOL_TIMEOUT_SECONDS',
    description: 'How long a tool may take to answer.',
    fallback: 60,
    min: 1,
    max: 3_600,
  }),
  concurrency: integerSetting({
    env: 'TOOL_CONCURRENCY',
    description: 'Tool calls that one process runs at the same time.',
    fallback: 16,
    min: 1,
    max: 1_000,
  }),
};
