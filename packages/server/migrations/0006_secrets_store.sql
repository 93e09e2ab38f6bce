-- Each value is encrypted under a data key of its own, and that key is wrapped by a key-encryption key which the
-- database never sees. Ids and scope are bound into both, so a row that was moved or relabelled does not open.
create table secrets (
  id uuid primary key,
  owner_id uuid not null references tenants (id) on delete cascade,
  name varchar(255) not null,
  scope_type varchar(50) not null check (scope_type in ('global', 'workspace', 'agent')),
  scope_id uuid,
  -- AES-256-GCM: 12 bytes of nonce, ciphertext, 16 bytes of tag.
  encrypted_value bytea not null,
  -- XChaCha20-Poly1305: 24 bytes of nonce, wrapped data key, 16 bytes of tag.
  dek_wrapped bytea not null,
  kek_id varchar(100) not null,
  -- The module whose secret it is; the API shows and changes only those of people.
  managed_by varchar(50),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check (scope_type <> 'global' or scope_id is null),
  check (scope_type <> 'agent' or scope_id is not null)
);
create unique index secrets_name on secrets
  (owner_id, scope_type, coalesce(scope_id, '00000000-0000-0000-0000-000000000000'), name) where managed_by is null;
create index secrets_owner on secrets (owner_id, id);
create index secrets_kek on secrets (kek_id, id);

-- Agents that may decrypt a secret which is not their own.
create table secret_grants (
  secret_id uuid not null references secrets (id) on delete cascade,
  owner_id uuid not null,
  agent_id uuid not null,
  created_at timestamptz(3) not null default now(),
  created_by uuid,
  primary key (secret_id, agent_id),
  foreign key (owner_id, agent_id) references agents (owner_id, id) on delete cascade
);
create index secret_grants_agent on secret_grants (owner_id, agent_id);

-- What was done to secrets and by whom. Refers to nothing, so that it outlives what it tells of.
create table secret_audit (
  id uuid primary key,
  owner_id uuid not null,
  secret_id uuid not null,
  secret_name varchar(255) not null,
  -- Null when the server itself did it.
  agent_id uuid,
  action varchar(20) not null,
  reason varchar(500),
  created_at timestamptz(3) not null default now()
);
create index secret_audit_owner on secret_audit (owner_id, id);
create index secret_audit_secret on secret_audit (owner_id, secret_id, id);
