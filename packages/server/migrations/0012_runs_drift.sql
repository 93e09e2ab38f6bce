-- How agents behave, over windows of whole hours: sums of the rollups, so that they outlive the runs themselves.
create table behavior_profiles (
  profile_id uuid primary key,
  owner_id uuid not null,
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null check (window_end > window_start),
  sample_size integer not null check (sample_size >= 0),
  -- Counts, by type and choice: a test of two parts needs to know of how many they are parts.
  decisions jsonb not null,
  signals jsonb not null,
  -- Runs by bucket of their duration, and the sum of the durations in milliseconds.
  latency_buckets jsonb not null,
  latency_total double precision not null,
  created_at timestamptz(3) not null default now(),
  unique (owner_id, agent_id, agent_version, environment, window_start, window_end)
);
create index behavior_profiles_newest on behavior_profiles (owner_id, created_at desc, profile_id desc);

create table behavior_baselines (
  baseline_id uuid primary key,
  owner_id uuid not null,
  profile_id uuid not null references behavior_profiles (profile_id),
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  baseline_type varchar(20) not null check (baseline_type in ('version', 'time_window', 'manual')),
  approved_by varchar(255),
  approved_at timestamptz(3),
  description varchar(200),
  is_active boolean not null default false,
  created_at timestamptz(3) not null default now(),
  -- When behaviour was last compared with it on schedule.
  checked_at timestamptz(3)
);
create index behavior_baselines_profile on behavior_baselines (profile_id);
create index behavior_baselines_newest on behavior_baselines (owner_id, created_at desc, baseline_id desc);
create unique index behavior_baselines_active on behavior_baselines (owner_id, agent_id, agent_version, environment)
  where is_active;

-- What was agreed on stays what it was.
create function keep_baseline() returns trigger language plpgsql as $$
begin
  if (new.baseline_id, new.owner_id, new.profile_id, new.agent_id, new.agent_version, new.environment, new.baseline_type, new.created_at)
      is distinct from
     (old.baseline_id, old.owner_id, old.profile_id, old.agent_id, old.agent_version, old.environment, old.baseline_type, old.created_at)
     or new.description is distinct from old.description
     or (old.approved_at is not null
         and (new.approved_by, new.approved_at) is distinct from (old.approved_by, old.approved_at)) then
    raise exception 'a baseline can only be approved, once, and be activated or not' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger behavior_baselines_keep before update on behavior_baselines
  for each row execute function keep_baseline();

create table behavior_drift (
  drift_id uuid primary key,
  owner_id uuid not null,
  baseline_id uuid not null references behavior_baselines (baseline_id),
  agent_id varchar(255) not null,
  agent_version varchar(100) not null,
  environment varchar(50) not null,
  drift_type varchar(10) not null check (drift_type in ('decision', 'signal', 'latency')),
  metric varchar(450) not null,
  baseline_value double precision not null,
  observed_value double precision not null,
  delta double precision not null,
  delta_percent double precision,
  significance double precision not null,
  test_method varchar(20) not null,
  effect_size double precision not null,
  severity varchar(10) not null check (severity in ('low', 'medium', 'high')),
  detected_at timestamptz(3) not null default now(),
  last_detected_at timestamptz(3) not null default now(),
  observation_window_start timestamptz(3) not null,
  observation_window_end timestamptz(3) not null,
  observation_sample_size integer not null,
  resolved_at timestamptz(3),
  -- When its tenant was told.
  told_at timestamptz(3)
);
create index behavior_drift_newest on behavior_drift (owner_id, detected_at desc, drift_id desc);
-- The same drift found again is the same until somebody resolves it.
create unique index behavior_drift_open on behavior_drift (baseline_id, drift_type, metric) where resolved_at is null;
create index behavior_drift_untold on behavior_drift (drift_id) where told_at is null;
