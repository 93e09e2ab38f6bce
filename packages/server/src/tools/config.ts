import { integerSetting, listSetting } from '../base/index.ts';

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
  fetch_hosts: listSetting({
    env: 'TOOL_FETCH_HOSTS',
    description:
      'Hosts that the tool http_fetch may reach, with commas between: name, name:port, *.name for all below it, or * for the public internet. Without any, the tool is not offered.',
    fallback: [],
  }),
  sandbox_threads: integerSetting({
    env: 'TOOL_SANDBOX_THREADS',
    description:
      'Tools with code of their own that one process runs at the same time, each in a thread.',
    fallback: 4,
    min: 1,
    max: 64,
  }),
};
