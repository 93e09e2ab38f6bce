create sequence event_seq;

-- A reader that meets a hole in the sequence must know when no transaction can fill it any more. It can, because
-- whoever takes a number has its transaction id before: this function is what keeps that order.
create function next_event_seq() returns bigint language plpgsql volatile as $$
begin
  perform pg_current_xact_id();
  return nextval('event_seq');
end
$$;

-- What happened to breadcrumbs, in one order for everybody. A create is one row that streams announce
-- as created and as updated.
create table events (
  seq bigint primary key default next_event_seq(),
  kind varchar(10) not null check (kind in ('created', 'updated', 'deleted')),
  owner_id uuid not null,
  breadcrumb_id uuid not null,
  version integer not null,
  title varchar(255) not null,
  tags text[] not null,
  schema_name varchar(100),
  visibility varchar(20) not null,
  sensitivity varchar(20) not null,
  created_by uuid,
  updated_by uuid,
  updated_at timestamptz(3) not null,
  -- Of what is private or secret: agents besides its author that were to hear of it then.
  subscribers uuid[],
  -- Absent for secret breadcrumbs and deletions.
  context jsonb
);
create index events_owner on events (owner_id, seq);

-- How far a reader of the log has come. `generation` changes with the set of subscriptions.
create table event_cursors (
  name varchar(50) primary key,
  seq bigint not null,
  generation bigint not null default 0,
  -- Who reads with this cursor now, and until when nobody else does.
  leased_by varchar(100),
  leased_until timestamptz(3)
);

-- Standing interest: an event that matches becomes a delivery on `queue` for the subscriber.
create table selector_subscriptions (
  id uuid primary key,
  owner_id uuid not null,
  agent_id uuid not null,
  selector jsonb not null,
  queue varchar(50),
  created_at timestamptz(3) not null default now()
);
create index selector_subscriptions_agent on selector_subscriptions (owner_id, agent_id);
