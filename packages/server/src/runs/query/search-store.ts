import { sql, type Sql } from '../../db/index.ts';

const AGENTS_MAX = 1_000;
const KINDS_MAX = 50;
const FAILED_MAX = 500;

/**
 * SQL that finds, newest first, up to `limit` runs (their keys) that a text is of and for which `wanted` holds. Each way of finding
 * is served by an index:
 * - the text is the beginning (four digits or more) of the run's id;
 * - it is part of the agent's name (of the first 1,000 names);
 * - it is part of the failure's code, or of the last message of its kind (the newest 50 kinds, 500 failures of each).
 * Names of steps are not searched: no index could answer that among the steps of a million runs.
 */
export function searched(owner_id: string, text: string, wanted: Sql, limit: number): Sql {
  const like = containing(text);
  const newest = sql`order by started_at desc, run_id desc limit ${limit}`;
  const ways = [byAgent(owner_id, like, wanted, newest), byFailure(owner_id, like, wanted, newest)];
  const range = idRange(text);
  if (range)
    ways.push(sql`(select run_id, expires_on, started_at from runs
      where ${wanted} and run_id >= ${range.first}::uuid and run_id <= ${range.last}::uuid ${newest})`);
  const [first = sql`select`, ...others] = ways;
  const all = others.reduce((union, way) => sql`${union} union ${way}`, first);
  return sql`select run_id, expires_on from (${all}) ways ${newest}`;
}

/** Walks the names from one to the next, instead of over all runs; then takes the newest runs of each. */
function byAgent(owner_id: string, like: string, wanted: Sql, newest: Sql): Sql {
  return sql`(with recursive names (agent_id, n) as (
      (select agent_id, 1 from runs where owner_id = ${owner_id} order by agent_id limit 1)
      union all
      select (select later.agent_id from runs later
          where later.owner_id = ${owner_id} and later.agent_id > names.agent_id order by later.agent_id limit 1), n + 1
        from names where names.agent_id is not null and n < ${AGENTS_MAX})
    select found.run_id, found.expires_on, found.started_at from names
    cross join lateral (select run_id, expires_on, started_at from runs
      where ${wanted} and runs.agent_id = names.agent_id ${newest}) found
    where names.agent_id ilike ${like}
    ${newest})`;
}

/** Kind by kind and run by run: the planner, who cannot know how few there are, would else read whole tables. */
function byFailure(owner_id: string, like: string, wanted: Sql, newest: Sql): Sql {
  return sql`(with kinds as materialized (
      select distinct fingerprint from (select fingerprint from run_failure_groups
        where owner_id = ${owner_id} and (failure_code ilike ${like} or message ilike ${like})
        order by last_seen desc limit ${KINDS_MAX}) newest
    ), failed as materialized (
      select distinct one.run_id, one.expires_on from kinds
      cross join lateral (select run_id, expires_on from run_failures
        where owner_id = ${owner_id} and fingerprint = kinds.fingerprint
        order by created_at desc limit ${FAILED_MAX}) one)
    select found.run_id, found.expires_on, found.started_at from failed
    cross join lateral (select run_id, expires_on, started_at from runs
      where ${wanted} and runs.run_id = failed.run_id and runs.expires_on = failed.expires_on offset 0) found
    ${newest})`;
}

/** The first and the last id that begin like this; null when no id does. */
function idRange(text: string): { first: string; last: string } | null {
  const digits = text.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{4,32}$/.test(digits)) return null;
  return { first: dashed(digits.padEnd(32, '0')), last: dashed(digits.padEnd(32, 'f')) };
}

function dashed(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** For `ilike`: text that contains this one, whose own wildcards are plain characters. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
