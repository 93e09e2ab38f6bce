-- Work that must be done: one row is one delivery, owned by at most one worker at a time.
create table deliveries (
  id uuid primary key,
  -- Order of arrival. Within a group, a delivery waits for all with a lower position.
  position bigint generated always as identity,
  queue varchar(50) not null,
  owner_id uuid not null,
  group_key varchar(300),
  -- The same piece of work twice is one delivery.
  dedupe_key varchar(300) not null,
  payload jsonb not null,
  state varchar(10) not null default 'pending' check (state in ('pending', 'running', 'done', 'dead')),
  -- Pending: when it may be claimed. Running: when its lease ends and it may be claimed by another.
  due_at timestamptz(3) not null default now(),
  attempts integer not null default 0,
  max_attempts integer not null check (max_attempts > 0),
  -- The fencing token: every claim raises it, and only the holder of the latest may finish the delivery.
  fence bigint not null default 0,
  leased_by varchar(100),
  -- Wake calls since it was claimed, so that one which comes before it suspends is not lost.
  wakes integer not null default 0,
  last_error text,
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3),
  unique (queue, dedupe_key)
);
create index deliveries_due on deliveries (queue, due_at) where state in ('pending', 'running');
create index deliveries_group on deliveries (queue, group_key, position)
  where state in ('pending', 'running') and group_key is not null;
create index deliveries_owner on deliveries (owner_id, created_at);
