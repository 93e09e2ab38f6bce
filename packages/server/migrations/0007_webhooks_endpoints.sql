-- Where the events that an agent subscribed to are sent.
create table webhook_endpoints (
  id uuid primary key,
  owner_id uuid not null,
  agent_id uuid not null,
  url text not null check (length(url) <= 2000),
  active boolean not null default true,
  -- Why it is not active: `deleted` by its agent, or `gone`, when the other side answered 410.
  disabled_reason varchar(20),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (owner_id, agent_id, url),
  foreign key (owner_id, agent_id) references agents (owner_id, id) on delete cascade
);

-- Secrets that sign, of one endpoint or, without one, of all endpoints of the agent. The newest has no end; the one
-- before it stays good for a while, so that receivers can change over.
create table webhook_signing_secrets (
  secret_id uuid primary key references secrets (id) on delete cascade,
  owner_id uuid not null,
  agent_id uuid not null,
  endpoint_id uuid references webhook_endpoints (id) on delete cascade,
  expires_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  foreign key (owner_id, agent_id) references agents (owner_id, id) on delete cascade
);
create index webhook_signing_secrets_agent on webhook_signing_secrets (owner_id, agent_id);
create index webhook_signing_secrets_endpoint on webhook_signing_secrets (endpoint_id);

-- The last attempts of each endpoint.
create table webhook_attempts (
  id uuid primary key,
  endpoint_id uuid not null references webhook_endpoints (id) on delete cascade,
  owner_id uuid not null,
  -- The header webhook-id: the same for all attempts of one event at one endpoint.
  webhook_id varchar(100) not null,
  seq bigint not null,
  breadcrumb_id uuid not null,
  attempt integer not null,
  outcome varchar(10) not null check (outcome in ('delivered', 'failed')),
  -- The HTTP status; null when no answer came.
  status integer,
  error varchar(500),
  duration_ms integer not null,
  created_at timestamptz(3) not null default now()
);
create index webhook_attempts_endpoint on webhook_attempts (endpoint_id, id);

-- Events that could not be delivered, kept until somebody sends them again or throws them away.
create table webhook_dlq (
  id uuid primary key,
  owner_id uuid not null,
  agent_id uuid not null,
  endpoint_id uuid not null references webhook_endpoints (id) on delete cascade,
  url text not null,
  webhook_id varchar(100) not null,
  -- What the sender needs to try again. The body in it is text, because its bytes are what is signed.
  payload jsonb not null,
  attempts integer not null,
  last_error text not null,
  created_at timestamptz(3) not null default now()
);
create index webhook_dlq_owner on webhook_dlq (owner_id, id);
create index webhook_dlq_endpoint on webhook_dlq (endpoint_id, id);
