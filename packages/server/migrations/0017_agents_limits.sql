-- A run knows the run that began it, what it has spent, and who it is a run of when the definition is gone.
alter table agent_runs
  drop constraint agent_runs_state_check,
  add constraint agent_runs_state_check check (state in ('running', 'completed', 'failed', 'stopped')),
  add column agent_name varchar(100),
  add column definition_version integer,
  add column parent_run_id uuid,
  -- The run itself when nothing began it; null of runs that are older than this column.
  add column root_run_id uuid,
  add column depth integer not null default 0,
  -- The call of the parent that this run answers.
  add column request_id uuid,
  add column model_calls integer not null default 0,
  add column tool_calls integer not null default 0,
  add column input_tokens bigint,
  add column output_tokens bigint,
  add column cost_usd double precision,
  -- Pieces of text that were told so far.
  add column deltas integer not null default 0,
  -- Waiting for consent is no time of the run's.
  add column waiting_since timestamptz(3),
  add column waited_ms bigint not null default 0;
create index agent_runs_tree on agent_runs (root_run_id);
create index agent_runs_agent on agent_runs (owner_id, agent_id, started_at desc);

alter table agent_steps
  add column step_id uuid not null default gen_random_uuid(),
  add column latency_ms integer,
  add column cost_usd double precision;

alter table agent_tool_calls
  -- `ask` is answered by a run of another agent, `tool` by whoever runs tools.
  add column kind varchar(10) not null default 'tool' check (kind in ('tool', 'ask')),
  add column responder uuid,
  add column approval_id uuid,
  add column asked_at timestamptz(3) not null default now();

-- What a run was told besides its messages, after the step of this number; -1 is before the first.
create table agent_notes (
  run_id uuid not null references agent_runs (id) on delete cascade,
  after_seq integer not null,
  kind varchar(20) not null,
  text text not null,
  created_at timestamptz(3) not null default now(),
  primary key (run_id, after_seq, kind)
);

-- Work on a message that is to end. By delivery, since the run may not have begun.
create table agent_stops (
  delivery_id uuid primary key,
  owner_id uuid not null references tenants (id) on delete cascade,
  reason varchar(20) not null check (reason in ('interrupted', 'stopped')),
  stopped_by uuid,
  created_at timestamptz(3) not null default now()
);

-- Tool calls that wait, or waited, for the consent of a person. `settled_at` is when the run acted on the decision.
create table agent_approvals (
  id uuid primary key,
  owner_id uuid not null references tenants (id) on delete cascade,
  run_id uuid not null references agent_runs (id) on delete cascade,
  delivery_id uuid not null,
  request_id uuid not null unique,
  agent_id uuid not null,
  agent_name varchar(100) not null,
  conversation_id varchar(250) not null,
  tool varchar(200) not null,
  input jsonb not null,
  message text not null,
  on_expiry varchar(10) not null check (on_expiry in ('deny', 'approve')),
  -- As the message that it is about: who may see that may decide.
  visibility varchar(20) not null,
  sensitivity varchar(20) not null,
  asked_by uuid,
  state varchar(10) not null default 'pending' check (state in ('pending', 'approved', 'denied', 'expired')),
  requested_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  decided_at timestamptz(3),
  decided_by uuid,
  comment text,
  settled_at timestamptz(3)
);
create index agent_approvals_state on agent_approvals (owner_id, state, id);
create index agent_approvals_run on agent_approvals (run_id);

-- Definitions of agents as the log tells of them, in its order. Rows of deleted ones stay: they keep their names as agents.
create table agent_definitions (
  definition_id uuid primary key,
  owner_id uuid not null references tenants (id) on delete cascade,
  agent_name varchar(100) not null,
  version integer not null,
  state varchar(10) not null check (state in ('active', 'invalid', 'proposed', 'deleted')),
  reason text,
  when_busy varchar(10) not null default 'queue' check (when_busy in ('queue', 'reject', 'interrupt')),
  status_breadcrumb_id uuid,
  updated_at timestamptz(3) not null default now()
);
create index agent_definitions_name on agent_definitions (owner_id, agent_name);

-- Keys of providers whose quota or credit is used up, by a fingerprint: nobody calls with them for a while.
create table model_circuits (
  fingerprint varchar(64) primary key,
  provider varchar(50) not null,
  reason text not null,
  failures integer not null default 1,
  opened_at timestamptz(3) not null default now(),
  retry_at timestamptz(3) not null,
  -- One caller at a time may try whether it works again.
  trial_until timestamptz(3)
);

-- What was active before this release and was last changed by a curator stays so.
insert into agent_definitions (definition_id, owner_id, agent_name, version, state)
select b.id, b.owner_id, left(b.context ->> 'agent_id', 100), b.version, 'active'
from breadcrumbs b join agents a on a.owner_id = b.owner_id and a.id = b.updated_by and 'curator' = any (a.roles)
where b.schema_name = 'agent.def.v1' and b.context ->> 'agent_id' is not null
  and exists (select from selector_subscriptions s where s.agent_id = b.id and s.queue = 'agents');
