-- Lists by tag read this table, which has the order of a list, so that their cost does not grow with the records that do
-- not have the tag. One row for each tag of a record, kept by triggers whoever changes `breadcrumbs`.
create table breadcrumb_tags (
  owner_id uuid not null,
  tag text not null,
  updated_at timestamptz(3) not null,
  breadcrumb_id uuid not null,
  primary key (owner_id, tag, updated_at, breadcrumb_id)
);

insert into breadcrumb_tags (owner_id, tag, updated_at, breadcrumb_id)
select distinct owner_id, tag, updated_at, id from breadcrumbs, unnest(tags) tag;

create function add_tags_of_created() returns trigger language plpgsql as $$
begin
  insert into breadcrumb_tags (owner_id, tag, updated_at, breadcrumb_id)
  select owner_id, tag, updated_at, id from created, unnest(tags) tag
  on conflict do nothing;
  return null;
end
$$;

-- Once for all records of a statement: groups of creates are what must be fast.
create trigger add_tags after insert on breadcrumbs
  referencing new table as created for each statement execute function add_tags_of_created();

create function replace_tags_of_changed() returns trigger language plpgsql as $$
begin
  delete from breadcrumb_tags
  where owner_id = old.owner_id and tag = any(old.tags) and updated_at = old.updated_at and breadcrumb_id = old.id;
  if tg_op = 'UPDATE' then
    insert into breadcrumb_tags (owner_id, tag, updated_at, breadcrumb_id)
    select new.owner_id, tag, new.updated_at, new.id from unnest(new.tags) tag
    on conflict do nothing;
  end if;
  return null;
end
$$;

create trigger replace_tags after update on breadcrumbs for each row
  when (old.tags <> new.tags or old.updated_at <> new.updated_at or old.owner_id <> new.owner_id)
  execute function replace_tags_of_changed();
create trigger remove_tags after delete on breadcrumbs for each row execute function replace_tags_of_changed();
