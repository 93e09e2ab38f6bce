-- The request that was sent for a consent, which holds for no other record; null where none was sent.
alter table agent_approvals add column request_breadcrumb_id uuid;
create index agent_approvals_request on agent_approvals (request_breadcrumb_id) where request_breadcrumb_id is not null;
create index agent_approvals_unsettled on agent_approvals (delivery_id) where settled_at is null;
create index agent_tool_calls_request on agent_tool_calls (request_breadcrumb_id) where request_breadcrumb_id is not null;
