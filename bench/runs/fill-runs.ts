import { WELL_KNOWN } from '@cairn/protocol';
import type { Client } from 'pg';

/** Days that the runs are spread over, until now. */
export const DAYS = 90;
export const STEPS = 10;
const AGENTS = 10;
const VERSIONS = 2;
/** Runs that have all their steps: those that a page shows. The others have one, or filling would take an hour. */
const WHOLE_RUNS = 20_000;

/**
 * Fills the tables with runs of the person at the keyboard, evenly over the last days, of 10 agents with 2 versions each, one in
 * 20 of them failed; and the rollups and groups that they would have left. The same days and agents for any number of runs, so
 * that two sizes differ in nothing else.
 */
export async function fillRuns(client: Client, runs: number): Promise<void> {
  await client.query("set synchronous_commit = off; set maintenance_work_mem = '256MB'");
  await client.query("set timezone = 'UTC'");
  await client.query(
    `select run_partition(day::date) from generate_series(current_date - $1::integer, current_date + 98, '7 days') day`,
    [DAYS],
  );
  await client.query(
    `insert into runs (owner_id, run_id, expires_on, agent_id, agent_version, environment, status, started_at, ended_at,
       steps_count, input_tokens, output_tokens, cost_usd)
     select $1::uuid, gen_random_uuid(), (started_at + interval '90 days')::date, 'agent-' || chance % ${AGENTS},
       '1.' || chance / 10 % ${VERSIONS}, 'production',
       case when chance / 100 % 20 = 0 then 'failure' when chance / 100 % 50 = 1 then 'partial' else 'success' end,
       started_at, started_at + (300 + chance % 20000) * interval '1 millisecond', ${STEPS}, 1200, 300, 0.004
     from (select abs(hashint4(n)::bigint) as chance, now() - n * (interval '${DAYS} days' / $2::integer) as started_at
       from generate_series(1, $2::integer) n) at`,
    [WELL_KNOWN.owner_id, runs],
  );
  await fillParts(client);
  await fillSums(client);
  for (const table of [
    'runs',
    'run_steps',
    'run_failures',
    'run_rollups',
    'run_rollup_days',
    'run_failure_groups',
    'run_failure_hours',
    'run_failure_days',
  ])
    await client.query(`vacuum analyze ${table}`);
  await client.query('checkpoint').catch(() => {});
}

async function fillParts(client: Client): Promise<void> {
  await client.query(
    `insert into run_steps (owner_id, run_id, expires_on, step_id, seq, step_type, name, latency_ms, started_at,
       ended_at, metadata, model, provider, input_tokens, output_tokens, cost_usd)
     select owner_id, run_id, expires_on, gen_random_uuid(), seq, (array['plan', 'retrieve', 'tool', 'respond', 'other'])[1 + seq % 5],
       'step ' || seq, 40 + seq * 13, started_at, started_at + interval '40 milliseconds', '{"attempt": 1, "rows": 12}',
       case when seq = 3 then 'model-1' end, case when seq = 3 then 'provider' end,
       case when seq = 3 then 1200 end, case when seq = 3 then 300 end, case when seq = 3 then 0.004 end
     from (select *, row_number() over (order by started_at desc) as rank from runs) run
     cross join lateral generate_series(0, case when rank <= ${WHOLE_RUNS} then ${STEPS - 1} else 0 end) seq`,
  );
  await client.query(
    `insert into run_failures (owner_id, run_id, expires_on, failure_id, failure_type, failure_code, message, fingerprint)
     select owner_id, run_id, expires_on, gen_random_uuid(), 'tool', 'timeout', 'no answer within the time', md5(agent_id)
     from runs where status = 'failure'`,
  );
}

/** Each run counts with all its steps, also those that were not filled. */
async function fillSums(client: Client): Promise<void> {
  const who = `owner_id, date_trunc('hour', started_at), agent_id, agent_version, environment`;
  const into = `insert into run_rollups (owner_id, hour, agent_id, agent_version, environment, metric, key, n, total, buckets)`;
  const histogram = `array_fill(0::bigint, array[60]) || array_fill(1::bigint, array[50])`;
  await client.query(
    `${into} select ${who}, 'run', status, count(*), sum(extract(epoch from ended_at - started_at) * 1000), ${histogram}
       from runs group by ${who}, status;
     ${into} select ${who}, 'step', type, count(*) * 2, count(*) * 200, ${histogram}
       from runs cross join unnest(array['plan', 'retrieve', 'tool', 'respond', 'other']) type group by ${who}, type;
     ${into} select ${who}, 'failure', 'tool/timeout', count(*), 0, null from runs where status = 'failure' group by ${who};
     ${into} select ${who}, 'tokens', kind, count(*), count(*) * 750, null
       from runs cross join unnest(array['input', 'output']) kind group by ${who}, kind;
     ${into} select ${who}, 'cost', 'usd', count(*), count(*) * 0.004, null from runs group by ${who}`,
  );
  await client.query(
    `insert into run_rollup_days (owner_id, day, agent_id, agent_version, environment, metric, key, n, total, buckets)
     select owner_id, date_trunc('day', hour), agent_id, agent_version, environment, metric, key, sum(n), sum(total),
       max(buckets) from run_rollups group by 1, 2, 3, 4, 5, 6, 7`,
  );
  await client.query(
    `insert into run_failure_groups (owner_id, fingerprint, agent_id, environment, failure_type, failure_code, message, n,
       first_seen, last_seen, last_run_id)
     select owner_id, md5(agent_id), agent_id, environment, 'tool', 'timeout', 'no answer within the time', count(*),
       min(ended_at), max(ended_at), (array_agg(run_id order by ended_at desc))[1]
     from runs where status = 'failure' group by owner_id, agent_id, environment`,
  );
  for (const unit of ['hour', 'day'])
    await client.query(
      `insert into run_failure_${unit}s
       select owner_id, date_trunc('${unit}', started_at), md5(agent_id), agent_id, agent_version, environment, 'tool',
         'timeout', count(*), min(ended_at), max(ended_at), (array_agg(run_id order by ended_at desc))[1]
       from runs where status = 'failure' group by 1, 2, 3, 4, 5, 6`,
    );
}
