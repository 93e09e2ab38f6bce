-- What was found wrong with a version of a tool's definition; null when nothing was.
create table tool_checks (
  definition_id uuid primary key references breadcrumbs (id) on delete cascade,
  version integer not null,
  reason text
);

-- Definitions of tools by their name: they are looked for at each call.
create index breadcrumbs_tools on breadcrumbs (owner_id, (context ->> 'name')) where schema_name in ('tool.v1', 'tool.code.v1');

-- Records that are to be made at certain times. Each due time is a delivery of the queue, made when the one before it
-- fires; next_at is the due time that counts.
create table tool_schedules (
  id uuid primary key,
  owner_id uuid not null references tenants (id) on delete cascade,
  -- Who made it, and in whose name it makes records.
  agent_id uuid not null,
  name varchar(100) not null,
  kind varchar(10) not null check (kind in ('cron', 'every', 'at')),
  -- A cron expression, seconds, or a time.
  spec varchar(200) not null,
  timezone varchar(100) not null,
  breadcrumb jsonb not null,
  state varchar(10) not null default 'active' check (state in ('active', 'ended', 'cancelled')),
  next_at timestamptz(3),
  last_at timestamptz(3),
  firings integer not null default 0,
  firings_max integer,
  last_error text,
  -- The request that asked for it: asked for again, it is the same.
  made_for varchar(100) not null,
  created_at timestamptz(3) not null default now(),
  unique (owner_id, made_for)
);
create index tool_schedules_owner on tool_schedules (owner_id, agent_id, created_at);

-- Steps of workflows that were begun, each a tool request of its own.
create table tool_workflow_steps (
  -- The request that asked for the workflow, and the delivery that goes on when a step is answered.
  workflow_id uuid not null,
  step_id varchar(100) not null,
  owner_id uuid not null references tenants (id) on delete cascade,
  delivery_id uuid not null,
  place integer not null,
  request_id uuid not null unique,
  state varchar(10) not null check (state in ('running', 'done', 'failed')),
  output jsonb,
  error text,
  deadline_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  primary key (workflow_id, step_id)
);
