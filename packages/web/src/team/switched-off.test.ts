import { describe, expect, it } from 'vitest';
import { isSwitchedOff } from './switched-off.ts';

const REASON =
  'the tool http_fetch is not offered: the administrator of this server has listed no hosts in TOOL_FETCH_HOSTS';

describe('a tool that this server does not offer', () => {
  it('is switched off, where one with a fault is invalid', () => {
    const tool = { kind: 'builtin', status: 'invalid', reason: REASON } as const;
    expect(isSwitchedOff(tool)).toBe(true);
    expect(isSwitchedOff({ ...tool, reason: 'its input_schema is no schema' })).toBe(false);
    expect(isSwitchedOff({ ...tool, kind: 'code' })).toBe(false);
    expect(isSwitchedOff({ ...tool, status: 'active', reason: null })).toBe(false);
  });
});
