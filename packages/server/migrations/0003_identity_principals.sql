create table tenants (
  id uuid primary key,
  name varchar(255) not null,
  created_at timestamptz(3) not null default now()
);

-- A principal. The same id may exist in two tenants and is then two principals.
create table agents (
  owner_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  roles text[] not null,
  created_at timestamptz(3) not null default now(),
  primary key (owner_id, id)
);

create table api_keys (
  id uuid primary key,
  owner_id uuid not null,
  agent_id uuid not null,
  name varchar(100) not null,
  -- SHA-256 of the key. The key has 256 random bits, so a slow hash would protect nothing more.
  hash varchar(64) not null,
  roles text[] not null,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  foreign key (owner_id, agent_id) references agents (owner_id, id) on delete cascade
);
create index api_keys_owner on api_keys (owner_id, created_at);
