-- One row for each time an agent takes up a message. Its delivery is what makes it go on after a crash.
create table agent_runs (
  id uuid primary key,
  owner_id uuid not null,
  agent_id uuid not null,
  delivery_id uuid not null unique,
  trigger_id uuid not null,
  trigger_version integer not null,
  conversation_id varchar(250) not null,
  state varchar(10) not null default 'running' check (state in ('running', 'completed', 'failed')),
  error_class varchar(50),
  error text,
  response_id uuid,
  started_at timestamptz(3) not null default now(),
  finished_at timestamptz(3)
);
create index agent_runs_conversation on agent_runs (owner_id, conversation_id);

-- What the model said in each step of a run, as it was recorded: a step that stands here is never asked for again.
create table agent_steps (
  run_id uuid not null references agent_runs (id) on delete cascade,
  seq integer not null,
  answer jsonb not null,
  created_at timestamptz(3) not null default now(),
  primary key (run_id, seq)
);

-- Tools that a step asked for, and what came back.
create table agent_tool_calls (
  request_id uuid primary key,
  run_id uuid not null references agent_runs (id) on delete cascade,
  owner_id uuid not null,
  step_seq integer not null,
  place integer not null,
  call_id text not null,
  tool varchar(200) not null,
  request_breadcrumb_id uuid,
  response_breadcrumb_id uuid,
  output jsonb,
  is_error boolean,
  deadline_at timestamptz(3) not null,
  answered_at timestamptz(3),
  unique (run_id, step_seq, place)
);

-- Messages that name their conversation in the context and not in a tag.
create index breadcrumbs_conversation on breadcrumbs (owner_id, (context ->> 'conversation_id'), updated_at)
  where schema_name in ('user.message.v1', 'agent.response.v1');
