-- What ran, by tool and time: the answers of the tools runner, whoever asked. Who else writes such a record ran nothing.
create index breadcrumbs_tool_uses on breadcrumbs (owner_id, (left(context ->> 'tool', 200)), created_at desc)
  where schema_name = 'tool.response.v1' and created_by = '00000000-0000-0000-0000-0000000000bb';
