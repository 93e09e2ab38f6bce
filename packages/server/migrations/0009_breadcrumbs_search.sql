-- What search reads of a record. Both are made after the write, off its path, for the version named.
alter table breadcrumbs
  add column document tsvector,
  add column embedded_by varchar(200),
  add column indexed_version integer not null default 0;
create index idx_breadcrumbs_document on breadcrumbs using gin (document);
