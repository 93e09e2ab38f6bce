-- What a run was shown besides its steps: gathered once, so that whoever takes the run over shows the same.
create table agent_run_contexts (
  run_id uuid primary key references agent_runs (id) on delete cascade,
  -- The agent.context.v1 record as it is, or will be, written.
  body jsonb not null,
  -- Null until it is written.
  breadcrumb_id uuid,
  breadcrumb_version integer,
  step_id uuid not null default gen_random_uuid(),
  -- How long the gathering took; null of what was gathered before the run.
  latency_ms integer,
  created_at timestamptz(3) not null default now()
);

-- What agents asked of a tool, and when last.
create index agent_tool_calls_tool on agent_tool_calls (owner_id, tool, asked_at desc);
