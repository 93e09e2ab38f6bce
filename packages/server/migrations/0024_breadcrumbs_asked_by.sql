-- For whom a record was last changed, when who changed it acted for somebody: a run answers someone, a tool works for
-- someone. It is what tells later work whose rights it may use; no client can write it.
alter table breadcrumbs add column asked_by uuid;
-- A schedule acts for the one who asked for it.
alter table tool_schedules add column asked_by uuid;
