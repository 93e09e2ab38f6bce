-- Words are indexed at once, vectors as soon as the embedder gives them. `embedded_by` says who has dealt with the version
-- that is indexed, also where the answer was "no vector". Null, or the name of another embedder, is work still to be done.
create index idx_breadcrumbs_embedded_by on breadcrumbs (embedded_by) where indexed_version > 0;

-- Words are now those of the title, the description, the tags and the context, without accents and endings: all anew.
update breadcrumbs set embedded_by = null where indexed_version > 0;

-- One process at a time asks the embedder for what is behind, since many embedders are paid by the word.
create table embedding_turn (
  is_only boolean primary key default true check (is_only),
  holder varchar(100),
  held_until timestamptz
);
insert into embedding_turn default values;
