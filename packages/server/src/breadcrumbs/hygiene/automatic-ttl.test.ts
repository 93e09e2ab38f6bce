import { expect, it } from 'vitest';
import { automaticTtlMs } from './automatic-ttl.ts';

it.each([
  ['tool.request.v1', ['tool:request', 'health:check'], 5 / 60],
  ['tool.request.v1', ['tool:request'], null],
  ['system.ping.v1', [], 1 / 6],
  ['agent.temp_state.v1', [], 1],
  ['agent.thinking.v1', [], 6],
  ['tool.response.v1', ['log:debug'], 7 * 24],
  ['tool.response.v1', [], null],
  ['system.metrics.v1', [], 30 * 24],
  ['note.v1', [], null],
  [null, ['health:check'], null],
])('a record of %s with the tags %j lives for %s hours', (schema_name, tags, hours) => {
  const ttl_ms = automaticTtlMs(schema_name, tags);
  const ttl_hours = ttl_ms === null ? null : Math.round((ttl_ms / 3_600_000) * 1e6) / 1e6;
  expect(ttl_hours).toBe(hours === null ? null : Math.round(hours * 1e6) / 1e6);
});
