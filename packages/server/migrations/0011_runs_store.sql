-- What agents report about their runs. A run and all that belongs to it lie in partitions by the day after which they
-- may be deleted: retention drops a partition, however many rows it has, and each tenant and environment can have its
-- own. There are no foreign keys between them, since dropping would have to look through the others: the one write path
-- writes them together.

-- Which runs there are, each once, whatever partition it lies in. Its row is what two writers of a run wait for.
create table run_keys (
  owner_id uuid not null,
  run_id uuid not null,
  expires_on date not null,
  -- SHA-256 of the whole run as it was reported, or of its beginning when it is reported in pieces; null for one that is
  -- put together from spans.
  body_hash bytea,
  created_at timestamptz not null default clock_timestamp(),
  primary key (owner_id, run_id)
);
create index run_keys_expiry on run_keys (expires_on);

create table runs (
  owner_id uuid not null,
  run_id uuid not null,
  expires_on date not null,
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  status varchar(10) not null check (status in ('success', 'failure', 'partial', 'running')),
  source varchar(10) not null default 'api' check (source in ('api', 'otlp', 'cairn')),
  started_at timestamptz not null,
  ended_at timestamptz check (ended_at >= started_at),
  -- When something was last heard of it: what is `running` is closed when that is long ago.
  heard_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  steps_count integer not null default 0,
  -- Sums over the steps; null when none said anything.
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  reasoning_tokens bigint,
  cost_usd double precision,
  parent_run_id uuid,
  breadcrumb_id uuid,
  conversation_id varchar(250),
  end_reason varchar(500),
  metadata jsonb not null default '{}',
  primary key (owner_id, run_id, expires_on)
) partition by range (expires_on);
create index runs_newest on runs (owner_id, started_at desc, run_id desc);
create index runs_agent on runs (owner_id, agent_id, started_at desc, run_id desc);
create index runs_running on runs (heard_at) where status = 'running';
create index runs_parent on runs (owner_id, parent_run_id) where parent_run_id is not null;
create index runs_breadcrumb on runs (owner_id, breadcrumb_id) where breadcrumb_id is not null;

create table run_steps (
  owner_id uuid not null,
  run_id uuid not null,
  expires_on date not null,
  step_id uuid not null,
  seq integer not null check (seq >= 0),
  step_type varchar(10) not null check (step_type in ('plan', 'retrieve', 'tool', 'respond', 'other')),
  name varchar(255) not null,
  latency_ms integer not null check (latency_ms >= 0),
  started_at timestamptz not null,
  ended_at timestamptz not null check (ended_at >= started_at),
  metadata jsonb not null default '{}',
  model varchar(255),
  provider varchar(100),
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  reasoning_tokens bigint,
  cost_usd double precision,
  created_at timestamptz not null default clock_timestamp(),
  primary key (owner_id, run_id, step_id, expires_on)
) partition by range (expires_on);

create table run_failures (
  owner_id uuid not null,
  run_id uuid not null,
  expires_on date not null,
  failure_id uuid not null,
  step_id uuid,
  failure_type varchar(20) not null check (failure_type in ('tool', 'model', 'retrieval', 'orchestration')),
  failure_code varchar(100) not null,
  message text not null,
  -- What makes two failures the same: type, code and the message without its numbers and names.
  fingerprint varchar(64) not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (owner_id, run_id, failure_id, expires_on)
) partition by range (expires_on);
create index run_failures_fingerprint on run_failures (owner_id, fingerprint, created_at desc);

create table run_decisions (
  owner_id uuid not null,
  run_id uuid not null,
  expires_on date not null,
  decision_id uuid not null,
  -- The place in what its run reported: the order of decisions is not that of their times.
  place integer not null,
  step_id uuid,
  decision_type varchar(100) not null,
  selected varchar(200) not null,
  reason_code varchar(100) not null,
  confidence double precision check (confidence between 0 and 1),
  metadata jsonb not null default '{}',
  recorded_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  primary key (owner_id, run_id, decision_id, expires_on)
) partition by range (expires_on);
create index run_decisions_newest on run_decisions (owner_id, recorded_at desc, decision_id desc);

create table run_signals (
  owner_id uuid not null,
  run_id uuid not null,
  expires_on date not null,
  signal_id uuid not null,
  place integer not null,
  step_id uuid,
  signal_type varchar(100) not null,
  signal_code varchar(100) not null,
  value boolean not null,
  weight double precision check (weight between 0 and 1),
  metadata jsonb not null default '{}',
  recorded_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  primary key (owner_id, run_id, signal_id, expires_on)
) partition by range (expires_on);
create index run_signals_newest on run_signals (owner_id, recorded_at desc, signal_id desc);

-- What happened in each hour (by `started_at`), so that statistics need not read runs. `metric` says what is counted and
-- `key` divides it: ('run', status), ('step', step_type), ('failure', 'type/code'), ('decision', 'type/selected/reason'),
-- ('signal', 'type/code/true'), ('tokens', 'input'), ('cost', 'usd') and the like. What ended is counted; what is added to it later
-- is counted as the difference. Rows are kept longer than the runs themselves.
create table run_rollups (
  owner_id uuid not null,
  hour timestamptz not null,
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  metric varchar(20) not null,
  key varchar(450) not null,
  n bigint not null,
  -- Milliseconds, tokens or dollars, as the metric says.
  total double precision not null default 0,
  -- For milliseconds: how many fell into each bucket of a logarithmic scale, the first counting less than 1 ms; null where
  -- there is no distribution.
  buckets bigint[],
  primary key (owner_id, hour, agent_id, agent_version, environment, metric, key)
) with (fillfactor = 70);
-- For deleting the oldest: rows lie about in the order of their hours.
create index run_rollups_hour on run_rollups using brin (hour);

-- The same for whole days (UTC): statistics of months read these, and hours only at the ends of their range.
create table run_rollup_days (
  owner_id uuid not null,
  day timestamptz not null,
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  metric varchar(20) not null,
  key varchar(450) not null,
  n bigint not null,
  total double precision not null default 0,
  buckets bigint[],
  primary key (owner_id, day, agent_id, agent_version, environment, metric, key)
) with (fillfactor = 70);

-- Failures that are the same, with when they were first and last seen.
create table run_failure_groups (
  owner_id uuid not null,
  fingerprint varchar(64) not null,
  agent_id varchar(255) not null,
  environment varchar(50) not null,
  failure_type varchar(20) not null,
  failure_code varchar(100) not null,
  -- The message of the last one that was reported.
  message text not null,
  n bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_run_id uuid not null,
  primary key (owner_id, fingerprint, agent_id, environment)
);
create index run_failure_groups_last on run_failure_groups (owner_id, last_seen desc);

-- What a tenant wants done with what agents report: for all environments ('') or for one.
create table run_policies (
  owner_id uuid not null,
  environment varchar(50) not null default '',
  privacy varchar(10) check (privacy in ('reject', 'redact', 'allow')),
  retention_days integer check (retention_days between 1 and 3650),
  updated_at timestamptz(3) not null default now(),
  -- The `updated_at` of the policy that all stored runs keep to; those of a shorter one have to be deleted first.
  applied_at timestamptz(3),
  primary key (owner_id, environment)
);

-- Adds what two rollups counted in each bucket.
create function run_buckets_add(a bigint[], b bigint[]) returns bigint[] language sql immutable parallel safe as $$
  select case when a is null then b when b is null then a else (
    select array_agg(coalesce(x, 0) + coalesce(y, 0) order by place)
    from unnest(a, b) with ordinality as both_of(x, y, place)) end
$$;

-- Makes the partitions that hold what may be deleted after `day`: one week, from Monday to Monday. A partition is made by
-- itself and then attached, which lets everybody read and write on. Who may only write runs can call it.
create function run_partition(day date) returns void language plpgsql volatile security definer as $$
declare
  first date := date_trunc('week', day)::date;
  parent text;
  child text;
begin
  if day > current_date + 3670 or day < date '2000-01-01' then
    raise exception 'no partition is made for that day' using errcode = '22008';
  end if;
  -- Two that make the same partitions at once would fail.
  perform pg_advisory_xact_lock(hashtext('cairn:run_partition:' || current_schema()));
  foreach parent in array array['runs', 'run_steps', 'run_failures', 'run_decisions', 'run_signals'] loop
    child := parent || '_' || to_char(first, 'YYYYMMDD');
    continue when to_regclass(format('%I.%I', current_schema(), child)) is not null;
    execute format('create table %I (like %I including all)', child, parent);
    execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, child, first, first + 7);
  end loop;
end
$$;

-- Runs by their keys, for who adds to them: whole, or with the parts that have one of these ids or `seq`. Who may only
-- write runs reads them by this alone, and so cannot look around.
create function run_read(wanted json, parts uuid[], seqs integer[]) returns table (run jsonb)
  language sql stable security definer as $$
  select to_jsonb(r) || jsonb_build_object(
    'steps', coalesce((select jsonb_agg(to_jsonb(s) order by s.seq, s.step_id) from run_steps s
      where s.owner_id = r.owner_id and s.run_id = r.run_id and s.expires_on = r.expires_on
        and (parts is null or s.step_id = any(parts) or s.seq = any(seqs))), '[]'),
    'failures', coalesce((select jsonb_agg(to_jsonb(f) order by f.created_at, f.failure_id) from run_failures f
      where f.owner_id = r.owner_id and f.run_id = r.run_id and f.expires_on = r.expires_on), '[]'),
    'decisions', coalesce((select jsonb_agg(to_jsonb(d) order by d.place) from run_decisions d
      where d.owner_id = r.owner_id and d.run_id = r.run_id and d.expires_on = r.expires_on
        and (parts is null or d.decision_id = any(parts))), '[]'),
    'quality_signals', coalesce((select jsonb_agg(to_jsonb(q) order by q.place) from run_signals q
      where q.owner_id = r.owner_id and q.run_id = r.run_id and q.expires_on = r.expires_on
        and (parts is null or q.signal_id = any(parts))), '[]'),
    'decisions_count', (select count(*) from run_decisions d
      where d.owner_id = r.owner_id and d.run_id = r.run_id and d.expires_on = r.expires_on),
    'signals_count', (select count(*) from run_signals q
      where q.owner_id = r.owner_id and q.run_id = r.run_id and q.expires_on = r.expires_on))
  from json_to_recordset(wanted) as w(owner_id uuid, run_id uuid, expires_on date)
  join runs r on r.owner_id = w.owner_id and r.run_id = w.run_id and r.expires_on = w.expires_on
$$;

-- Puts rows in the place of those that are there, and takes failures away that are none any more. The caller holds the
-- keys of the runs. Who may only write runs changes them by this alone: an upsert of its own would have to read.
create function run_upsert(new_runs json, new_steps json, new_failures json, new_decisions json, new_signals json, gone json)
  returns void language sql volatile security definer as $$
  delete from run_failures f using json_to_recordset($6) as t(owner_id uuid, run_id uuid, expires_on date, failure_id uuid)
  where f.owner_id = t.owner_id and f.run_id = t.run_id and f.failure_id = t.failure_id and f.expires_on = t.expires_on;
  insert into runs (
    owner_id, run_id, expires_on, agent_id, agent_version, environment, status, source, started_at, ended_at,
    heard_at, created_at, steps_count, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd,
    parent_run_id, breadcrumb_id, conversation_id, end_reason, metadata)
  select * from json_to_recordset($1) as t(
    owner_id uuid, run_id uuid, expires_on date, agent_id text, agent_version text, environment text, status text,
    source text, started_at timestamptz, ended_at timestamptz, heard_at timestamptz, created_at timestamptz,
    steps_count integer, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint,
    reasoning_tokens bigint, cost_usd double precision, parent_run_id uuid, breadcrumb_id uuid, conversation_id text,
    end_reason text, metadata jsonb)
  on conflict (owner_id, run_id, expires_on) do update set
    agent_id = excluded.agent_id, agent_version = excluded.agent_version, environment = excluded.environment,
    status = excluded.status, source = excluded.source, started_at = excluded.started_at,
    ended_at = excluded.ended_at, heard_at = excluded.heard_at, created_at = excluded.created_at,
    steps_count = excluded.steps_count, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_input_tokens = excluded.cached_input_tokens, reasoning_tokens = excluded.reasoning_tokens,
    cost_usd = excluded.cost_usd, parent_run_id = excluded.parent_run_id, breadcrumb_id = excluded.breadcrumb_id,
    conversation_id = excluded.conversation_id, end_reason = excluded.end_reason, metadata = excluded.metadata;
  insert into run_steps (
    owner_id, run_id, expires_on, step_id, seq, step_type, name, latency_ms, started_at, ended_at, metadata, model,
    provider, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, created_at)
  select * from json_to_recordset($2) as t(
    owner_id uuid, run_id uuid, expires_on date, step_id uuid, seq integer, step_type text, name text,
    latency_ms integer, started_at timestamptz, ended_at timestamptz, metadata jsonb, model text, provider text,
    input_tokens bigint, output_tokens bigint, cached_input_tokens bigint, reasoning_tokens bigint,
    cost_usd double precision, created_at timestamptz)
  on conflict (owner_id, run_id, step_id, expires_on) do update set
    seq = excluded.seq, step_type = excluded.step_type, name = excluded.name, latency_ms = excluded.latency_ms,
    started_at = excluded.started_at, ended_at = excluded.ended_at, metadata = excluded.metadata,
    model = excluded.model, provider = excluded.provider, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens, cached_input_tokens = excluded.cached_input_tokens,
    reasoning_tokens = excluded.reasoning_tokens, cost_usd = excluded.cost_usd, created_at = excluded.created_at;
  insert into run_failures (
    owner_id, run_id, expires_on, failure_id, step_id, failure_type, failure_code, message, fingerprint, created_at)
  select * from json_to_recordset($3) as t(
    owner_id uuid, run_id uuid, expires_on date, failure_id uuid, step_id uuid, failure_type text, failure_code text,
    message text, fingerprint text, created_at timestamptz)
  on conflict (owner_id, run_id, failure_id, expires_on) do update set
    step_id = excluded.step_id, failure_type = excluded.failure_type, failure_code = excluded.failure_code,
    message = excluded.message, fingerprint = excluded.fingerprint, created_at = excluded.created_at;
  insert into run_decisions (
    owner_id, run_id, expires_on, decision_id, place, step_id, decision_type, selected, reason_code, confidence,
    metadata, recorded_at, created_at)
  select * from json_to_recordset($4) as t(
    owner_id uuid, run_id uuid, expires_on date, decision_id uuid, place integer, step_id uuid, decision_type text,
    selected text, reason_code text, confidence double precision, metadata jsonb, recorded_at timestamptz,
    created_at timestamptz)
  on conflict (owner_id, run_id, decision_id, expires_on) do update set
    place = excluded.place, step_id = excluded.step_id, decision_type = excluded.decision_type,
    selected = excluded.selected, reason_code = excluded.reason_code, confidence = excluded.confidence,
    metadata = excluded.metadata, recorded_at = excluded.recorded_at, created_at = excluded.created_at;
  insert into run_signals (
    owner_id, run_id, expires_on, signal_id, place, step_id, signal_type, signal_code, value, weight, metadata,
    recorded_at, created_at)
  select * from json_to_recordset($5) as t(
    owner_id uuid, run_id uuid, expires_on date, signal_id uuid, place integer, step_id uuid, signal_type text,
    signal_code text, value boolean, weight double precision, metadata jsonb, recorded_at timestamptz,
    created_at timestamptz)
  on conflict (owner_id, run_id, signal_id, expires_on) do update set
    place = excluded.place, step_id = excluded.step_id, signal_type = excluded.signal_type,
    signal_code = excluded.signal_code, value = excluded.value, weight = excluded.weight,
    metadata = excluded.metadata, recorded_at = excluded.recorded_at, created_at = excluded.created_at;
$$;

create aggregate run_buckets_sum(bigint[]) (sfunc = run_buckets_add, stype = bigint[], parallel = safe);

-- Adds to the rollups and then to the groups of failures, each in the order of their keys, so that nobody waits for
-- another in a circle.
create function run_add_up(rollups json, failure_groups json) returns void language sql volatile security definer as $$
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
  select * from json_to_recordset($2) as t(owner_id uuid, fingerprint text, agent_id text, environment text,
    failure_type text, failure_code text, message text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  order by owner_id, fingerprint, agent_id, environment
  on conflict (owner_id, fingerprint, agent_id, environment) do update set
    n = g.n + excluded.n, first_seen = least(g.first_seen, excluded.first_seen),
    last_seen = greatest(g.last_seen, excluded.last_seen), message = excluded.message,
    last_run_id = excluded.last_run_id;
$$;

-- What runs with the rights of the tables' owner looks for tables only where they are, whoever calls it; and only those
-- who were allowed may call it.
do $$
begin
  execute format('alter function run_partition(date) set search_path = %I, pg_temp', current_schema());
  execute format('alter function run_read(json, uuid[], integer[]) set search_path = %I, pg_temp', current_schema());
  execute format('alter function run_upsert(json, json, json, json, json, json) set search_path = %I, pg_temp',
    current_schema());
  execute format('alter function run_add_up(json, json) set search_path = %I, pg_temp', current_schema());
end
$$;
revoke execute on function run_partition(date), run_read(json, uuid[], integer[]),
  run_upsert(json, json, json, json, json, json), run_add_up(json, json) from public;
