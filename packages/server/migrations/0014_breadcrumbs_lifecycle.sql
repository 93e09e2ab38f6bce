-- Readers of the log say that they are there, so that one which is gone does not keep events for ever. From `parked_at`
-- on, events are deleted without regard to it.
alter table event_cursors
  add column seen_at timestamptz(3) not null default now(),
  add column parked_at timestamptz(3);

-- When a token was last given to an agent that nobody made on purpose. Only such agents may be deleted for being idle.
alter table agents add column minted_at timestamptz(3);
create index agents_minted on agents (minted_at) where minted_at is not null;

alter table hygiene_totals add column total_agents_cleaned bigint not null default 0;

-- What was removed of each tenant since it began, as of now and as of its last report, and the record of that report.
create table hygiene_reports (
  owner_id uuid primary key references tenants (id) on delete cascade,
  expired_breadcrumbs bigint not null default 0,
  idle_agents bigint not null default 0,
  orphan_subscriptions bigint not null default 0,
  dead_letters bigint not null default 0,
  reported jsonb,
  reported_at timestamptz(3),
  breadcrumb_id uuid
);

-- History is written about in the order of its time, so an index of a few pages finds what is old.
create index breadcrumb_history_age on breadcrumb_history using brin (updated_at);
create index webhook_dlq_age on webhook_dlq (created_at);
