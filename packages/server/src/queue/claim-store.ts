import { COMMIT_UNAWAITED, type Statement } from '../db/index.ts';

/** The statements that look for what can be claimed. */
type Template = Required<Omit<Statement, 'values'>>;

/**
 * Of a group only the first unfinished delivery `c` can be taken. Asked as a value and not as `not exists`, which the
 * planner turns into a join with all that waits: 300 ms for a claim before 100,000 deliveries. And with `<=`, though it
 * can only be equal: for equality it expects to look at very many in vain, and compiles the statement, for two seconds.
 */
const FIRST_OF_GROUP = `(c.group_key is null or c.position <= (
  select e.position from deliveries e
  where e.queue = c.queue and e.group_key = c.group_key and e.state in ('pending', 'running')
  order by e.position limit 1))`;

/**
 * Takes those of the CTE `picked`, as $2, for $4 milliseconds, at the time $5. Nobody is told of a claim, so it does not
 * wait for the disk; the record of its outcome does. One that is lost with the database leaves the delivery as it was,
 * to be claimed again with the same fence: so the name counts too when ownership is proved, which no two claims share.
 */
const TAKE = `update deliveries d
  set state = 'running', attempts = d.attempts + 1, fence = d.fence + 1, wakes = 0, leased_by = $2,
    due_at = coalesce($5::timestamptz, clock_timestamp()) + $4 * interval '1 ms'
  from picked where d.id = picked.id
  returning d.id, d.queue, d.owner_id, d.group_key, d.dedupe_key, d.payload, d.attempts, d.max_attempts,
    d.fence, d.leased_by, d.created_at, d.position,
    ${COMMIT_UNAWAITED} as unawaited`;

/** $1 queue, $2 worker, $3 at most, $4 lease in ms, $5 the time or null. */
export const CLAIM: Template = {
  name: 'queue_claim',
  // Picked in a CTE, which runs once: as a subquery of the update, a plan that scans it again takes more than the limit.
  text: `with picked as materialized (
      select c.id from deliveries c
      where c.queue = $1 and c.state in ('pending', 'running')
        and c.due_at <= coalesce($5::timestamptz, clock_timestamp()) and ${FIRST_OF_GROUP}
      order by c.due_at, c.position
      limit $3
      for update skip locked)
    ${TAKE}`,
};

/** $1 queue, $2 the time or null. */
export const NEXT_DUE: Template = {
  name: 'queue_next_due',
  text: `select (extract(epoch from c.due_at - coalesce($2::timestamptz, clock_timestamp())) * 1000)::float8 as ms
    from deliveries c where c.queue = $1 and c.state in ('pending', 'running') and ${FIRST_OF_GROUP}
    order by c.due_at limit 1`,
};

/**
 * The most of a lane that is looked at. While the first of a group is being worked on, those behind it are due and cannot
 * be taken; were there very many, every lane would have to wait for the look at them.
 */
const LOOK_MAX = 500;

/**
 * Every lane that has something unfinished, and how many of it are owned now. The index is asked for the next lane after
 * each: so it costs as many looks as there are lanes, however many deliveries wait in the one whose receiver is down.
 */
const LANES = `names (lane) as (
    (select d.lane from deliveries d
      where d.queue = $1 and d.state in ('pending', 'running') and d.lane is not null order by d.lane limit 1)
    union all
    select (select d.lane from deliveries d
      where d.queue = $1 and d.state in ('pending', 'running') and d.lane > n.lane order by d.lane limit 1)
    from names n where n.lane is not null),
  lanes as materialized (
    select n.lane, (select count(*) from deliveries d
      where d.queue = $1 and d.lane = n.lane and d.state = 'running' and d.due_at > now.at) as owned
    from names n cross join now where n.lane is not null)`;

/** As `CLAIM`, of what has a lane, with $6 as the most that may be owned of one. */
export const CLAIM_BY_LANES: Template = {
  name: 'queue_claim_by_lanes',
  text: `with recursive now as materialized (select coalesce($5::timestamptz, clock_timestamp()) as at),
    ${LANES},
    candidates as (
      select f.id, f.due_at, f.position, l.owned + f.place as load
      from lanes l cross join now cross join lateral (
        select c.id, c.due_at, c.position, row_number() over (order by c.due_at, c.position) as place
        from (
          select c.id, c.due_at, c.position from (
            select d.* from deliveries d
            where d.queue = $1 and d.lane = l.lane and d.state in ('pending', 'running') and d.due_at <= now.at
            order by d.due_at limit ${LOOK_MAX}) c
          where ${FIRST_OF_GROUP}
          order by c.due_at, c.position limit $6) c) f
      where l.owned + f.place <= $6),
    chosen as materialized (select id from candidates order by load, due_at, position limit $3),
    picked as materialized (
      -- Asked again under the lock: another claimer may have taken one since.
      select c.id from deliveries c join chosen on chosen.id = c.id
      where c.state in ('pending', 'running') and c.due_at <= coalesce($5::timestamptz, clock_timestamp())
      for update of c skip locked)
    ${TAKE}`,
};

/** As `NEXT_DUE`, of what has a lane, with $3 as the most that may be owned of one. */
export const NEXT_DUE_BY_LANES: Template = {
  name: 'queue_next_due_by_lanes',
  text: `with recursive now as materialized (select coalesce($2::timestamptz, clock_timestamp()) as at),
    ${LANES},
    firsts as (
      select f.due_at from lanes l cross join lateral (
        select c.due_at from (
          select d.* from deliveries d
          where d.queue = $1 and d.lane = l.lane and d.state in ('pending', 'running')
          order by d.due_at limit ${LOOK_MAX}) c
        where ${FIRST_OF_GROUP}
        order by c.due_at limit 1) f
      where l.owned < $3)
    select (extract(epoch from min(f.due_at) - (select at from now)) * 1000)::float8 as ms from firsts f`,
};
