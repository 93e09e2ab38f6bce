import { expect, it } from 'vitest';
import { AUTOMATIC_TTLS, automaticTtlMs } from './automatic-ttl.ts';

it.each([
  ['tool.request.v1', ['tool:request', 'health:check'], 5 / 60],
  ['tool.request.v1', ['tool:request'], null],
  ['system.ping.v1', [], 1 / 6],
  ['agent.temp_state.v1', [], 1],
  ['agent.thinking.v1', [], 6],
  ['tool.response.v1', ['log:debug'], 7 * 24],
  ['tool.response.v1', [], null],
  ['session.temp_state.v1', [], 24],
  ['agent.memory.v1', ['memory:temp'], 24],
  ['agent.memory.v1', ['about:ada'], null],
  ['system.log.v1', [], 30 * 24],
  ['agent.logs.v2', [], 30 * 24],
  ['work.log.v1', [], null],
  ['captains.log.v1', [], null],
  ['system.metrics.v1', [], 30 * 24],
  ['host.metrics.v2', ['metrics:raw'], 7 * 24],
  ['note.v1', [], null],
  [null, ['health:check'], null],
])('a record of %s with the tags %j lives for %s hours', (schema_name, tags, hours) => {
  const ttl_ms = automaticTtlMs(schema_name, tags);
  const ttl_hours = ttl_ms === null ? null : Math.round((ttl_ms / 3_600_000) * 1e6) / 1e6;
  expect(ttl_hours).toBe(hours === null ? null : Math.round(hours * 1e6) / 1e6);
});

it('lives as long as the settings say', () => {
  const ttls = { ...AUTOMATIC_TTLS, agent_memory_hours: 48, log_days: 1 };
  expect(automaticTtlMs('agent.memory.v1', [], ttls)).toBe(48 * 3_600_000);
  expect(automaticTtlMs('tool.log.v1', [], ttls)).toBe(24 * 3_600_000);
});
