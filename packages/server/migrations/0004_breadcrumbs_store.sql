create table breadcrumbs (
  id uuid primary key,
  owner_id uuid not null references tenants (id) on delete cascade,
  title varchar(255) not null,
  description text,
  semantic_version varchar(50),
  context jsonb not null,
  tags text[] not null,
  schema_name varchar(100),
  llm_hints jsonb,
  version integer not null default 1,
  checksum varchar(64) not null,
  visibility varchar(20) not null default 'team' check (visibility in ('public', 'team', 'private')),
  sensitivity varchar(20) not null default 'low' check (sensitivity in ('low', 'pii', 'secret')),
  ttl timestamptz(3),
  ttl_type varchar(20) not null default 'never',
  ttl_config jsonb,
  ttl_source varchar(20),
  read_count integer not null default 0,
  size_bytes integer not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  created_by uuid,
  updated_by uuid,
  foreign key (owner_id, created_by) references agents (owner_id, id) on delete set null (created_by),
  foreign key (owner_id, updated_by) references agents (owner_id, id) on delete set null (updated_by)
);
create index idx_breadcrumbs_owner on breadcrumbs (owner_id, updated_at desc, id desc);
create index idx_breadcrumbs_schema on breadcrumbs (owner_id, schema_name, updated_at desc, id desc);
create index idx_breadcrumbs_tags on breadcrumbs using gin (tags);
create index idx_breadcrumbs_ttl on breadcrumbs (ttl) where ttl is not null;

-- Vectors need an extension that a server may not have: the column is there only where it can be.
do $$
begin
  create extension if not exists vector schema public;
  alter table breadcrumbs add column embedding vector(384);
  create index idx_breadcrumbs_embedding on breadcrumbs using hnsw (embedding vector_cosine_ops);
exception
  when undefined_file or feature_not_supported or insufficient_privilege or undefined_object then
    raise notice 'no vectors: the extension "vector" is not available';
end
$$;

-- Versions that are no longer current; the current one is the row in breadcrumbs.
create table breadcrumb_history (
  breadcrumb_id uuid not null references breadcrumbs (id) on delete cascade,
  version integer not null,
  title varchar(255) not null,
  tags text[] not null,
  context jsonb not null,
  checksum varchar(64) not null,
  -- As they were then: what was secret stays so, also when the record is no longer.
  visibility varchar(20) not null,
  sensitivity varchar(20) not null,
  updated_at timestamptz(3) not null,
  updated_by uuid,
  primary key (breadcrumb_id, version)
);

-- A create that carried an Idempotency-Key, written with its breadcrumb, so that a repeat gets the same answer.
create table idempotency_keys (
  owner_id uuid not null,
  agent_id uuid not null,
  key varchar(255) not null,
  request_hash varchar(64) not null,
  breadcrumb_id uuid not null,
  created_at timestamptz(3) not null default now(),
  primary key (owner_id, agent_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
