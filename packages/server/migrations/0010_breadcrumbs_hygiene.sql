-- What sweeping has done so far. One row.
create table hygiene_totals (
  id integer primary key default 1 check (id = 1),
  runs_completed bigint not null default 0,
  total_breadcrumbs_purged bigint not null default 0,
  last_run_duration_ms integer not null default 0,
  last_run_errors integer not null default 0,
  last_updated timestamptz(3)
);
insert into hygiene_totals default values;

create index deliveries_finished on deliveries (finished_at) where state in ('done', 'dead');
create index events_age on events (updated_at);
