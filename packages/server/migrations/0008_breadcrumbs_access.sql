-- What an agent may do with a record that it could not otherwise reach.
create table acls (
  id uuid primary key,
  owner_id uuid not null,
  breadcrumb_id uuid not null references breadcrumbs (id) on delete cascade,
  grantee_agent_id uuid not null,
  actions text[] not null,
  created_at timestamptz(3) not null default now(),
  unique (breadcrumb_id, grantee_agent_id),
  foreign key (owner_id, grantee_agent_id) references agents (owner_id, id) on delete cascade
);
create index acls_owner on acls (owner_id, created_at);

-- What opens one event stream, once, for clients that cannot send a header.
create table stream_tickets (
  hash varchar(64) primary key,
  owner_id uuid not null,
  agent_id uuid not null,
  roles text[] not null,
  expires_at timestamptz(3) not null
);
