-- Deliveries that share a lane share a slow or broken other side: of each lane only so many are worked on at once.
alter table deliveries add column lane varchar(100);
update deliveries set lane = payload ->> 'endpoint_id' where queue = 'webhooks' and state in ('pending', 'running');
create index deliveries_lane on deliveries (queue, lane, due_at)
  where state in ('pending', 'running') and lane is not null;
create index deliveries_lane_running on deliveries (queue, lane) where state = 'running' and lane is not null;

-- `disabled_reason` may also be `failing`: for days every attempt failed.
alter table webhook_endpoints
  -- The first failed attempt since the last success; null while it works.
  add column failing_since timestamptz(3),
  add column last_failed_at timestamptz(3);
