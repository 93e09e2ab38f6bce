-- Made by `npm run schema:dump` from the migrations. Do not edit.

table acls
  id uuid not null
  owner_id uuid not null
  breadcrumb_id uuid not null
  grantee_agent_id uuid not null
  actions text[] not null
  created_at timestamp(3) with time zone not null default now()
  constraint acls_breadcrumb_id_fkey FOREIGN KEY (breadcrumb_id) REFERENCES breadcrumbs(id) ON DELETE CASCADE
  constraint acls_breadcrumb_id_grantee_agent_id_key UNIQUE (breadcrumb_id, grantee_agent_id)
  constraint acls_owner_id_grantee_agent_id_fkey FOREIGN KEY (owner_id, grantee_agent_id) REFERENCES agents(owner_id, id) ON DELETE CASCADE
  constraint acls_pkey PRIMARY KEY (id)
  CREATE INDEX acls_owner ON acls USING btree (owner_id, created_at)
table agent_runs
  id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  delivery_id uuid not null
  trigger_id uuid not null
  trigger_version integer not null
  conversation_id character varying(250) not null
  state character varying(10) not null default 'running'::character varying
  error_class character varying(50)
  error text
  response_id uuid
  started_at timestamp(3) with time zone not null default now()
  finished_at timestamp(3) with time zone
  constraint agent_runs_delivery_id_key UNIQUE (delivery_id)
  constraint agent_runs_pkey PRIMARY KEY (id)
  constraint agent_runs_state_check CHECK (((state)::text = ANY ((ARRAY['running'::character varying, 'completed'::character varying, 'failed'::character varying])::text[])))
  CREATE INDEX agent_runs_conversation ON agent_runs USING btree (owner_id, conversation_id)
table agent_steps
  run_id uuid not null
  seq integer not null
  answer jsonb not null
  created_at timestamp(3) with time zone not null default now()
  constraint agent_steps_pkey PRIMARY KEY (run_id, seq)
  constraint agent_steps_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
table agent_tool_calls
  request_id uuid not null
  run_id uuid not null
  owner_id uuid not null
  step_seq integer not null
  place integer not null
  call_id text not null
  tool character varying(200) not null
  request_breadcrumb_id uuid
  response_breadcrumb_id uuid
  output jsonb
  is_error boolean
  deadline_at timestamp(3) with time zone not null
  answered_at timestamp(3) with time zone
  constraint agent_tool_calls_pkey PRIMARY KEY (request_id)
  constraint agent_tool_calls_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
  constraint agent_tool_calls_run_id_step_seq_place_key UNIQUE (run_id, step_seq, place)
table agents
  owner_id uuid not null
  id uuid not null
  roles text[] not null
  created_at timestamp(3) with time zone not null default now()
  constraint agents_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint agents_pkey PRIMARY KEY (owner_id, id)
table api_keys
  id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  name character varying(100) not null
  hash character varying(64) not null
  roles text[] not null
  created_at timestamp(3) with time zone not null default now()
  expires_at timestamp(3) with time zone
  last_used_at timestamp(3) with time zone
  revoked_at timestamp(3) with time zone
  constraint api_keys_owner_id_agent_id_fkey FOREIGN KEY (owner_id, agent_id) REFERENCES agents(owner_id, id) ON DELETE CASCADE
  constraint api_keys_pkey PRIMARY KEY (id)
  CREATE INDEX api_keys_owner ON api_keys USING btree (owner_id, created_at)
table breadcrumb_history
  breadcrumb_id uuid not null
  version integer not null
  title character varying(255) not null
  tags text[] not null
  context jsonb not null
  checksum character varying(64) not null
  visibility character varying(20) not null
  sensitivity character varying(20) not null
  updated_at timestamp(3) with time zone not null
  updated_by uuid
  constraint breadcrumb_history_breadcrumb_id_fkey FOREIGN KEY (breadcrumb_id) REFERENCES breadcrumbs(id) ON DELETE CASCADE
  constraint breadcrumb_history_pkey PRIMARY KEY (breadcrumb_id, version)
table breadcrumbs
  id uuid not null
  owner_id uuid not null
  title character varying(255) not null
  description text
  semantic_version character varying(50)
  context jsonb not null
  tags text[] not null
  schema_name character varying(100)
  llm_hints jsonb
  version integer not null default 1
  checksum character varying(64) not null
  visibility character varying(20) not null default 'team'::character varying
  sensitivity character varying(20) not null default 'low'::character varying
  ttl timestamp(3) with time zone
  ttl_type character varying(20) not null default 'never'::character varying
  ttl_config jsonb
  ttl_source character varying(20)
  read_count integer not null default 0
  size_bytes integer not null
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  created_by uuid
  updated_by uuid
  embedding vector(384)
  document tsvector
  embedded_by character varying(200)
  indexed_version integer not null default 0
  constraint breadcrumbs_owner_id_created_by_fkey FOREIGN KEY (owner_id, created_by) REFERENCES agents(owner_id, id) ON DELETE SET NULL (created_by)
  constraint breadcrumbs_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint breadcrumbs_owner_id_updated_by_fkey FOREIGN KEY (owner_id, updated_by) REFERENCES agents(owner_id, id) ON DELETE SET NULL (updated_by)
  constraint breadcrumbs_pkey PRIMARY KEY (id)
  constraint breadcrumbs_sensitivity_check CHECK (((sensitivity)::text = ANY ((ARRAY['low'::character varying, 'pii'::character varying, 'secret'::character varying])::text[])))
  constraint breadcrumbs_visibility_check CHECK (((visibility)::text = ANY ((ARRAY['public'::character varying, 'team'::character varying, 'private'::character varying])::text[])))
  CREATE INDEX breadcrumbs_conversation ON breadcrumbs USING btree (owner_id, ((context ->> 'conversation_id'::text)), updated_at) WHERE ((schema_name)::text = ANY ((ARRAY['user.message.v1'::character varying, 'agent.response.v1'::character varying])::text[]))
  CREATE INDEX idx_breadcrumbs_document ON breadcrumbs USING gin (document)
  CREATE INDEX idx_breadcrumbs_embedding ON breadcrumbs USING hnsw (embedding vector_cosine_ops)
  CREATE INDEX idx_breadcrumbs_owner ON breadcrumbs USING btree (owner_id, updated_at DESC, id DESC)
  CREATE INDEX idx_breadcrumbs_schema ON breadcrumbs USING btree (owner_id, schema_name, updated_at DESC, id DESC)
  CREATE INDEX idx_breadcrumbs_tags ON breadcrumbs USING gin (tags)
  CREATE INDEX idx_breadcrumbs_ttl ON breadcrumbs USING btree (ttl) WHERE (ttl IS NOT NULL)
table deliveries
  id uuid not null
  position bigint not null generated always as identity
  queue character varying(50) not null
  owner_id uuid not null
  group_key character varying(300)
  dedupe_key character varying(300) not null
  payload jsonb not null
  state character varying(10) not null default 'pending'::character varying
  due_at timestamp(3) with time zone not null default now()
  attempts integer not null default 0
  max_attempts integer not null
  fence bigint not null default 0
  leased_by character varying(100)
  wakes integer not null default 0
  last_error text
  created_at timestamp(3) with time zone not null default now()
  finished_at timestamp(3) with time zone
  constraint deliveries_max_attempts_check CHECK ((max_attempts > 0))
  constraint deliveries_pkey PRIMARY KEY (id)
  constraint deliveries_queue_dedupe_key_key UNIQUE (queue, dedupe_key)
  constraint deliveries_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying, 'done'::character varying, 'dead'::character varying])::text[])))
  CREATE INDEX deliveries_due ON deliveries USING btree (queue, due_at) WHERE ((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying])::text[]))
  CREATE INDEX deliveries_finished ON deliveries USING btree (finished_at) WHERE ((state)::text = ANY ((ARRAY['done'::character varying, 'dead'::character varying])::text[]))
  CREATE INDEX deliveries_group ON deliveries USING btree (queue, group_key, "position") WHERE (((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying])::text[])) AND (group_key IS NOT NULL))
  CREATE INDEX deliveries_owner ON deliveries USING btree (owner_id, created_at)
table event_cursors
  name character varying(50) not null
  seq bigint not null
  generation bigint not null default 0
  leased_by character varying(100)
  leased_until timestamp(3) with time zone
  constraint event_cursors_pkey PRIMARY KEY (name)
table events
  seq bigint not null default next_event_seq()
  kind character varying(10) not null
  owner_id uuid not null
  breadcrumb_id uuid not null
  version integer not null
  title character varying(255) not null
  tags text[] not null
  schema_name character varying(100)
  visibility character varying(20) not null
  sensitivity character varying(20) not null
  created_by uuid
  updated_by uuid
  updated_at timestamp(3) with time zone not null
  subscribers uuid[]
  context jsonb
  constraint events_kind_check CHECK (((kind)::text = ANY ((ARRAY['created'::character varying, 'updated'::character varying, 'deleted'::character varying])::text[])))
  constraint events_pkey PRIMARY KEY (seq)
  CREATE INDEX events_age ON events USING btree (updated_at)
  CREATE INDEX events_owner ON events USING btree (owner_id, seq)
table hygiene_totals
  id integer not null default 1
  runs_completed bigint not null default 0
  total_breadcrumbs_purged bigint not null default 0
  last_run_duration_ms integer not null default 0
  last_run_errors integer not null default 0
  last_updated timestamp(3) with time zone
  constraint hygiene_totals_id_check CHECK ((id = 1))
  constraint hygiene_totals_pkey PRIMARY KEY (id)
table idempotency_keys
  owner_id uuid not null
  agent_id uuid not null
  key character varying(255) not null
  request_hash character varying(64) not null
  breadcrumb_id uuid not null
  created_at timestamp(3) with time zone not null default now()
  constraint idempotency_keys_pkey PRIMARY KEY (owner_id, agent_id, key)
  CREATE INDEX idempotency_keys_age ON idempotency_keys USING btree (created_at)
table schema_migrations
  name text not null
  checksum text not null
  applied_at timestamp(3) with time zone not null default now()
  constraint schema_migrations_pkey PRIMARY KEY (name)
table secret_audit
  id uuid not null
  owner_id uuid not null
  secret_id uuid not null
  secret_name character varying(255) not null
  agent_id uuid
  action character varying(20) not null
  reason character varying(500)
  created_at timestamp(3) with time zone not null default now()
  constraint secret_audit_pkey PRIMARY KEY (id)
  CREATE INDEX secret_audit_owner ON secret_audit USING btree (owner_id, id)
  CREATE INDEX secret_audit_secret ON secret_audit USING btree (owner_id, secret_id, id)
table secret_grants
  secret_id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  created_at timestamp(3) with time zone not null default now()
  created_by uuid
  constraint secret_grants_owner_id_agent_id_fkey FOREIGN KEY (owner_id, agent_id) REFERENCES agents(owner_id, id) ON DELETE CASCADE
  constraint secret_grants_pkey PRIMARY KEY (secret_id, agent_id)
  constraint secret_grants_secret_id_fkey FOREIGN KEY (secret_id) REFERENCES secrets(id) ON DELETE CASCADE
  CREATE INDEX secret_grants_agent ON secret_grants USING btree (owner_id, agent_id)
table secrets
  id uuid not null
  owner_id uuid not null
  name character varying(255) not null
  scope_type character varying(50) not null
  scope_id uuid
  encrypted_value bytea not null
  dek_wrapped bytea not null
  kek_id character varying(100) not null
  managed_by character varying(50)
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint secrets_check CHECK ((((scope_type)::text <> 'global'::text) OR (scope_id IS NULL)))
  constraint secrets_check1 CHECK ((((scope_type)::text <> 'agent'::text) OR (scope_id IS NOT NULL)))
  constraint secrets_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint secrets_pkey PRIMARY KEY (id)
  constraint secrets_scope_type_check CHECK (((scope_type)::text = ANY ((ARRAY['global'::character varying, 'workspace'::character varying, 'agent'::character varying])::text[])))
  CREATE INDEX secrets_kek ON secrets USING btree (kek_id, id)
  CREATE UNIQUE INDEX secrets_name ON secrets USING btree (owner_id, scope_type, COALESCE(scope_id, '00000000-0000-0000-0000-000000000000'::uuid), name) WHERE (managed_by IS NULL)
  CREATE INDEX secrets_owner ON secrets USING btree (owner_id, id)
table selector_subscriptions
  id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  selector jsonb not null
  queue character varying(50)
  created_at timestamp(3) with time zone not null default now()
  constraint selector_subscriptions_pkey PRIMARY KEY (id)
  CREATE INDEX selector_subscriptions_agent ON selector_subscriptions USING btree (owner_id, agent_id)
table stream_tickets
  hash character varying(64) not null
  owner_id uuid not null
  agent_id uuid not null
  roles text[] not null
  expires_at timestamp(3) with time zone not null
  constraint stream_tickets_pkey PRIMARY KEY (hash)
table tenants
  id uuid not null
  name character varying(255) not null
  created_at timestamp(3) with time zone not null default now()
  constraint tenants_pkey PRIMARY KEY (id)
table webhook_attempts
  id uuid not null
  endpoint_id uuid not null
  owner_id uuid not null
  webhook_id character varying(100) not null
  seq bigint not null
  breadcrumb_id uuid not null
  attempt integer not null
  outcome character varying(10) not null
  status integer
  error character varying(500)
  duration_ms integer not null
  created_at timestamp(3) with time zone not null default now()
  constraint webhook_attempts_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE
  constraint webhook_attempts_outcome_check CHECK (((outcome)::text = ANY ((ARRAY['delivered'::character varying, 'failed'::character varying])::text[])))
  constraint webhook_attempts_pkey PRIMARY KEY (id)
  CREATE INDEX webhook_attempts_endpoint ON webhook_attempts USING btree (endpoint_id, id)
table webhook_dlq
  id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  endpoint_id uuid not null
  url text not null
  webhook_id character varying(100) not null
  payload jsonb not null
  attempts integer not null
  last_error text not null
  created_at timestamp(3) with time zone not null default now()
  constraint webhook_dlq_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE
  constraint webhook_dlq_pkey PRIMARY KEY (id)
  CREATE INDEX webhook_dlq_endpoint ON webhook_dlq USING btree (endpoint_id, id)
  CREATE INDEX webhook_dlq_owner ON webhook_dlq USING btree (owner_id, id)
table webhook_endpoints
  id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  url text not null
  active boolean not null default true
  disabled_reason character varying(20)
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint webhook_endpoints_owner_id_agent_id_fkey FOREIGN KEY (owner_id, agent_id) REFERENCES agents(owner_id, id) ON DELETE CASCADE
  constraint webhook_endpoints_owner_id_agent_id_url_key UNIQUE (owner_id, agent_id, url)
  constraint webhook_endpoints_pkey PRIMARY KEY (id)
  constraint webhook_endpoints_url_check CHECK ((length(url) <= 2000))
table webhook_signing_secrets
  secret_id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  endpoint_id uuid
  expires_at timestamp(3) with time zone
  created_at timestamp(3) with time zone not null default now()
  constraint webhook_signing_secrets_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE
  constraint webhook_signing_secrets_owner_id_agent_id_fkey FOREIGN KEY (owner_id, agent_id) REFERENCES agents(owner_id, id) ON DELETE CASCADE
  constraint webhook_signing_secrets_pkey PRIMARY KEY (secret_id)
  constraint webhook_signing_secrets_secret_id_fkey FOREIGN KEY (secret_id) REFERENCES secrets(id) ON DELETE CASCADE
  CREATE INDEX webhook_signing_secrets_agent ON webhook_signing_secrets USING btree (owner_id, agent_id)
  CREATE INDEX webhook_signing_secrets_endpoint ON webhook_signing_secrets USING btree (endpoint_id)
CREATE OR REPLACE FUNCTION public.next_event_seq()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_current_xact_id();
  return nextval('event_seq');
end
$function$

sequence event_seq
