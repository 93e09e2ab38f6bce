-- Failures that are the same, by the hour in which their runs began and by version: what a range and a version ask for.
-- Statistics of months read the days.
create table run_failure_hours (
  owner_id uuid not null,
  hour timestamptz not null,
  fingerprint varchar(64) not null,
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  failure_type varchar(20) not null,
  failure_code varchar(100) not null,
  n bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_run_id uuid not null,
  primary key (owner_id, hour, fingerprint, agent_id, agent_version, environment)
) with (fillfactor = 70);
create index run_failure_hours_hour on run_failure_hours using brin (hour);

create table run_failure_days (
  owner_id uuid not null,
  day timestamptz not null,
  fingerprint varchar(64) not null,
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  failure_type varchar(20) not null,
  failure_code varchar(100) not null,
  n bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_run_id uuid not null,
  primary key (owner_id, day, fingerprint, agent_id, agent_version, environment)
) with (fillfactor = 70);

-- As before, and the two tables after the others. Rows of a process of the release before name no hour; they count in the
-- groups alone.
create or replace function run_add_up(rollups json, failure_groups json) returns void language sql volatile security definer as $$
  insert into run_rollups as r (owner_id, hour, agent_id, agent_version, environment, metric, key, n, total, buckets)
  select * from json_to_recordset($1) as t(owner_id uuid, hour timestamptz, agent_id text, agent_version text,
    environment text, metric text, key text, n bigint, total double precision, buckets bigint[])
  order by owner_id, hour, agent_id, agent_version, environment, metric, key
  on conflict (owner_id, hour, agent_id, agent_version, environment, metric, key) do update set
    n = r.n + excluded.n, total = r.total + excluded.total, buckets = run_buckets_add(r.buckets, excluded.buckets);
  insert into run_rollup_days as r (owner_id, day, agent_id, agent_version, environment, metric, key, n, total, buckets)
  select owner_id, date_trunc('day', hour at time zone 'UTC') at time zone 'UTC', agent_id, agent_version, environment,
    metric, key, sum(n), sum(total), run_buckets_sum(buckets)
  from json_to_recordset($1) as t(owner_id uuid, hour timestamptz, agent_id text, agent_version text,
    environment text, metric text, key text, n bigint, total double precision, buckets bigint[])
  group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7
  on conflict (owner_id, day, agent_id, agent_version, environment, metric, key) do update set
    n = r.n + excluded.n, total = r.total + excluded.total, buckets = run_buckets_add(r.buckets, excluded.buckets);
  insert into run_failure_groups as g (owner_id, fingerprint, agent_id, environment, failure_type, failure_code, message, n,
    first_seen, last_seen, last_run_id)
  select owner_id, fingerprint, agent_id, environment, max(failure_type), max(failure_code),
    (array_agg(message order by last_seen desc))[1], sum(n), min(first_seen), max(last_seen),
    (array_agg(last_run_id order by last_seen desc))[1]
  from json_to_recordset($2) as t(owner_id uuid, fingerprint text, agent_id text, environment text,
    failure_type text, failure_code text, message text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  group by 1, 2, 3, 4 having sum(n) <> 0 order by 1, 2, 3, 4
  on conflict (owner_id, fingerprint, agent_id, environment) do update set
    n = g.n + excluded.n, first_seen = least(g.first_seen, excluded.first_seen),
    last_seen = greatest(g.last_seen, excluded.last_seen), message = excluded.message,
    last_run_id = excluded.last_run_id;
  insert into run_failure_hours as h (owner_id, hour, fingerprint, agent_id, agent_version, environment, failure_type,
    failure_code, n, first_seen, last_seen, last_run_id)
  select owner_id, hour, fingerprint, agent_id, agent_version, environment, failure_type, failure_code, n, first_seen,
    last_seen, last_run_id
  from json_to_recordset($2) as t(owner_id uuid, hour timestamptz, fingerprint text, agent_id text, agent_version text,
    environment text, failure_type text, failure_code text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  where hour is not null order by 1, 2, 3, 4, 5, 6
  on conflict (owner_id, hour, fingerprint, agent_id, agent_version, environment) do update set
    n = h.n + excluded.n, first_seen = least(h.first_seen, excluded.first_seen),
    last_seen = greatest(h.last_seen, excluded.last_seen),
    last_run_id = case when excluded.last_seen >= h.last_seen then excluded.last_run_id else h.last_run_id end;
  insert into run_failure_days as d (owner_id, day, fingerprint, agent_id, agent_version, environment, failure_type,
    failure_code, n, first_seen, last_seen, last_run_id)
  select owner_id, date_trunc('day', hour at time zone 'UTC') at time zone 'UTC', fingerprint, agent_id, agent_version,
    environment, max(failure_type), max(failure_code), sum(n), min(first_seen), max(last_seen),
    (array_agg(last_run_id order by last_seen desc))[1]
  from json_to_recordset($2) as t(owner_id uuid, hour timestamptz, fingerprint text, agent_id text, agent_version text,
    environment text, failure_type text, failure_code text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  where hour is not null group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
  on conflict (owner_id, day, fingerprint, agent_id, agent_version, environment) do update set
    n = d.n + excluded.n, first_seen = least(d.first_seen, excluded.first_seen),
    last_seen = greatest(d.last_seen, excluded.last_seen),
    last_run_id = case when excluded.last_seen >= d.last_seen then excluded.last_run_id else d.last_run_id end;
$$;

do $$
begin
  execute format('alter function run_add_up(json, json) set search_path = %I, pg_temp', current_schema());
end
$$;

-- What is stored already.
insert into run_failure_hours
select r.owner_id, date_trunc('hour', r.started_at at time zone 'UTC') at time zone 'UTC', f.fingerprint, r.agent_id,
  r.agent_version, r.environment, max(f.failure_type), max(f.failure_code), count(*),
  min(coalesce(r.ended_at, r.started_at)), max(coalesce(r.ended_at, r.started_at)),
  (array_agg(r.run_id order by coalesce(r.ended_at, r.started_at) desc))[1]
from run_failures f
join runs r on r.owner_id = f.owner_id and r.run_id = f.run_id and r.expires_on = f.expires_on
where r.status <> 'running' group by 1, 2, 3, 4, 5, 6;

insert into run_failure_days
select owner_id, date_trunc('day', hour at time zone 'UTC') at time zone 'UTC', fingerprint, agent_id, agent_version,
  environment, max(failure_type), max(failure_code), sum(n), min(first_seen), max(last_seen),
  (array_agg(last_run_id order by last_seen desc))[1]
from run_failure_hours group by 1, 2, 3, 4, 5, 6;

-- Decisions and signals are counted in the hour in which they were recorded. Those that are stored bore the time of their
-- insert, and were counted in the hour in which their run began: now they bear that time.
update run_decisions d set recorded_at = r.started_at from runs r
where r.owner_id = d.owner_id and r.run_id = d.run_id and r.expires_on = d.expires_on;
update run_signals s set recorded_at = r.started_at from runs r
where r.owner_id = s.owner_id and r.run_id = s.run_id and r.expires_on = s.expires_on;
