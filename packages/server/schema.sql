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
table agent_approvals
  id uuid not null
  owner_id uuid not null
  run_id uuid not null
  delivery_id uuid not null
  request_id uuid not null
  agent_id uuid not null
  agent_name character varying(100) not null
  conversation_id character varying(250) not null
  tool character varying(200) not null
  input jsonb not null
  message text not null
  on_expiry character varying(10) not null
  visibility character varying(20) not null
  sensitivity character varying(20) not null
  asked_by uuid
  state character varying(10) not null default 'pending'::character varying
  requested_at timestamp(3) with time zone not null default now()
  expires_at timestamp(3) with time zone not null
  decided_at timestamp(3) with time zone
  decided_by uuid
  comment text
  settled_at timestamp(3) with time zone
  request_breadcrumb_id uuid
  constraint agent_approvals_on_expiry_check CHECK (((on_expiry)::text = ANY ((ARRAY['deny'::character varying, 'approve'::character varying])::text[])))
  constraint agent_approvals_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint agent_approvals_pkey PRIMARY KEY (id)
  constraint agent_approvals_request_id_key UNIQUE (request_id)
  constraint agent_approvals_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
  constraint agent_approvals_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'approved'::character varying, 'denied'::character varying, 'expired'::character varying])::text[])))
  CREATE INDEX agent_approvals_request ON agent_approvals USING btree (request_breadcrumb_id) WHERE (request_breadcrumb_id IS NOT NULL)
  CREATE INDEX agent_approvals_run ON agent_approvals USING btree (run_id)
  CREATE INDEX agent_approvals_state ON agent_approvals USING btree (owner_id, state, id)
  CREATE INDEX agent_approvals_unsettled ON agent_approvals USING btree (delivery_id) WHERE (settled_at IS NULL)
table agent_definitions
  definition_id uuid not null
  owner_id uuid not null
  agent_name character varying(100) not null
  version integer not null
  state character varying(10) not null
  reason text
  when_busy character varying(10) not null default 'queue'::character varying
  status_breadcrumb_id uuid
  updated_at timestamp(3) with time zone not null default now()
  constraint agent_definitions_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint agent_definitions_pkey PRIMARY KEY (definition_id)
  constraint agent_definitions_state_check CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'invalid'::character varying, 'proposed'::character varying, 'deleted'::character varying])::text[])))
  constraint agent_definitions_when_busy_check CHECK (((when_busy)::text = ANY ((ARRAY['queue'::character varying, 'reject'::character varying, 'interrupt'::character varying])::text[])))
  CREATE INDEX agent_definitions_name ON agent_definitions USING btree (owner_id, agent_name)
table agent_notes
  run_id uuid not null
  after_seq integer not null
  kind character varying(20) not null
  text text not null
  created_at timestamp(3) with time zone not null default now()
  constraint agent_notes_pkey PRIMARY KEY (run_id, after_seq, kind)
  constraint agent_notes_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
table agent_run_contexts
  run_id uuid not null
  body jsonb not null
  breadcrumb_id uuid
  breadcrumb_version integer
  step_id uuid not null default gen_random_uuid()
  latency_ms integer
  created_at timestamp(3) with time zone not null default now()
  constraint agent_run_contexts_pkey PRIMARY KEY (run_id)
  constraint agent_run_contexts_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
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
  agent_name character varying(100)
  definition_version integer
  parent_run_id uuid
  root_run_id uuid
  depth integer not null default 0
  request_id uuid
  model_calls integer not null default 0
  tool_calls integer not null default 0
  input_tokens bigint
  output_tokens bigint
  cost_usd double precision
  deltas integer not null default 0
  waiting_since timestamp(3) with time zone
  waited_ms bigint not null default 0
  constraint agent_runs_delivery_id_key UNIQUE (delivery_id)
  constraint agent_runs_pkey PRIMARY KEY (id)
  constraint agent_runs_state_check CHECK (((state)::text = ANY ((ARRAY['running'::character varying, 'completed'::character varying, 'failed'::character varying, 'stopped'::character varying])::text[])))
  CREATE INDEX agent_runs_agent ON agent_runs USING btree (owner_id, agent_id, started_at DESC)
  CREATE INDEX agent_runs_conversation ON agent_runs USING btree (owner_id, conversation_id)
  CREATE INDEX agent_runs_tree ON agent_runs USING btree (root_run_id)
table agent_steps
  run_id uuid not null
  seq integer not null
  answer jsonb not null
  created_at timestamp(3) with time zone not null default now()
  step_id uuid not null default gen_random_uuid()
  latency_ms integer
  cost_usd double precision
  constraint agent_steps_pkey PRIMARY KEY (run_id, seq)
  constraint agent_steps_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
table agent_stops
  delivery_id uuid not null
  owner_id uuid not null
  reason character varying(20) not null
  stopped_by uuid
  created_at timestamp(3) with time zone not null default now()
  constraint agent_stops_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint agent_stops_pkey PRIMARY KEY (delivery_id)
  constraint agent_stops_reason_check CHECK (((reason)::text = ANY ((ARRAY['interrupted'::character varying, 'stopped'::character varying])::text[])))
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
  kind character varying(10) not null default 'tool'::character varying
  responder uuid
  approval_id uuid
  asked_at timestamp(3) with time zone not null default now()
  constraint agent_tool_calls_kind_check CHECK (((kind)::text = ANY ((ARRAY['tool'::character varying, 'ask'::character varying])::text[])))
  constraint agent_tool_calls_pkey PRIMARY KEY (request_id)
  constraint agent_tool_calls_run_id_fkey FOREIGN KEY (run_id) REFERENCES agent_runs(id) ON DELETE CASCADE
  constraint agent_tool_calls_run_id_step_seq_place_key UNIQUE (run_id, step_seq, place)
  CREATE INDEX agent_tool_calls_request ON agent_tool_calls USING btree (request_breadcrumb_id) WHERE (request_breadcrumb_id IS NOT NULL)
  CREATE INDEX agent_tool_calls_tool ON agent_tool_calls USING btree (owner_id, tool, asked_at DESC)
table agents
  owner_id uuid not null
  id uuid not null
  roles text[] not null
  created_at timestamp(3) with time zone not null default now()
  minted_at timestamp(3) with time zone
  constraint agents_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint agents_pkey PRIMARY KEY (owner_id, id)
  CREATE INDEX agents_minted ON agents USING btree (minted_at) WHERE (minted_at IS NOT NULL)
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
table behavior_baselines
  baseline_id uuid not null
  owner_id uuid not null
  profile_id uuid not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  baseline_type character varying(20) not null
  approved_by character varying(255)
  approved_at timestamp(3) with time zone
  description character varying(200)
  is_active boolean not null default false
  created_at timestamp(3) with time zone not null default now()
  checked_at timestamp(3) with time zone
  constraint behavior_baselines_baseline_type_check CHECK (((baseline_type)::text = ANY ((ARRAY['version'::character varying, 'time_window'::character varying, 'manual'::character varying])::text[])))
  constraint behavior_baselines_pkey PRIMARY KEY (baseline_id)
  constraint behavior_baselines_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES behavior_profiles(profile_id)
  CREATE UNIQUE INDEX behavior_baselines_active ON behavior_baselines USING btree (owner_id, agent_id, agent_version, environment) WHERE is_active
  CREATE INDEX behavior_baselines_newest ON behavior_baselines USING btree (owner_id, created_at DESC, baseline_id DESC)
  CREATE INDEX behavior_baselines_profile ON behavior_baselines USING btree (profile_id)
  CREATE TRIGGER behavior_baselines_keep BEFORE UPDATE ON behavior_baselines FOR EACH ROW EXECUTE FUNCTION keep_baseline()
table behavior_drift
  drift_id uuid not null
  owner_id uuid not null
  baseline_id uuid not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  drift_type character varying(10) not null
  metric character varying(450) not null
  baseline_value double precision not null
  observed_value double precision not null
  delta double precision not null
  delta_percent double precision
  significance double precision not null
  test_method character varying(20) not null
  effect_size double precision not null
  severity character varying(10) not null
  detected_at timestamp(3) with time zone not null default now()
  last_detected_at timestamp(3) with time zone not null default now()
  observation_window_start timestamp(3) with time zone not null
  observation_window_end timestamp(3) with time zone not null
  observation_sample_size integer not null
  resolved_at timestamp(3) with time zone
  told_at timestamp(3) with time zone
  constraint behavior_drift_baseline_id_fkey FOREIGN KEY (baseline_id) REFERENCES behavior_baselines(baseline_id)
  constraint behavior_drift_drift_type_check CHECK (((drift_type)::text = ANY ((ARRAY['decision'::character varying, 'signal'::character varying, 'latency'::character varying])::text[])))
  constraint behavior_drift_pkey PRIMARY KEY (drift_id)
  constraint behavior_drift_severity_check CHECK (((severity)::text = ANY ((ARRAY['low'::character varying, 'medium'::character varying, 'high'::character varying])::text[])))
  CREATE INDEX behavior_drift_newest ON behavior_drift USING btree (owner_id, detected_at DESC, drift_id DESC)
  CREATE UNIQUE INDEX behavior_drift_open ON behavior_drift USING btree (baseline_id, drift_type, metric) WHERE (resolved_at IS NULL)
  CREATE INDEX behavior_drift_untold ON behavior_drift USING btree (drift_id) WHERE (told_at IS NULL)
table behavior_profiles
  profile_id uuid not null
  owner_id uuid not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  window_start timestamp(3) with time zone not null
  window_end timestamp(3) with time zone not null
  sample_size integer not null
  decisions jsonb not null
  signals jsonb not null
  latency_buckets jsonb not null
  latency_total double precision not null
  created_at timestamp(3) with time zone not null default now()
  constraint behavior_profiles_check CHECK ((window_end > window_start))
  constraint behavior_profiles_owner_id_agent_id_agent_version_environme_key UNIQUE (owner_id, agent_id, agent_version, environment, window_start, window_end)
  constraint behavior_profiles_pkey PRIMARY KEY (profile_id)
  constraint behavior_profiles_sample_size_check CHECK ((sample_size >= 0))
  CREATE INDEX behavior_profiles_newest ON behavior_profiles USING btree (owner_id, created_at DESC, profile_id DESC)
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
  CREATE INDEX breadcrumb_history_age ON breadcrumb_history USING brin (updated_at)
table breadcrumb_tags
  owner_id uuid not null
  tag text not null
  updated_at timestamp(3) with time zone not null
  breadcrumb_id uuid not null
  constraint breadcrumb_tags_pkey PRIMARY KEY (owner_id, tag, updated_at, breadcrumb_id)
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
  asked_by uuid
  constraint breadcrumbs_owner_id_created_by_fkey FOREIGN KEY (owner_id, created_by) REFERENCES agents(owner_id, id) ON DELETE SET NULL (created_by)
  constraint breadcrumbs_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint breadcrumbs_owner_id_updated_by_fkey FOREIGN KEY (owner_id, updated_by) REFERENCES agents(owner_id, id) ON DELETE SET NULL (updated_by)
  constraint breadcrumbs_pkey PRIMARY KEY (id)
  constraint breadcrumbs_sensitivity_check CHECK (((sensitivity)::text = ANY ((ARRAY['low'::character varying, 'pii'::character varying, 'secret'::character varying])::text[])))
  constraint breadcrumbs_visibility_check CHECK (((visibility)::text = ANY ((ARRAY['public'::character varying, 'team'::character varying, 'private'::character varying])::text[])))
  CREATE INDEX breadcrumbs_conversation ON breadcrumbs USING btree (owner_id, ((context ->> 'conversation_id'::text)), updated_at) WHERE ((schema_name)::text = ANY ((ARRAY['user.message.v1'::character varying, 'agent.response.v1'::character varying])::text[]))
  CREATE INDEX breadcrumbs_tool_uses ON breadcrumbs USING btree (owner_id, "left"((context ->> 'tool'::text), 200), created_at DESC) WHERE (((schema_name)::text = 'tool.response.v1'::text) AND (created_by = '00000000-0000-0000-0000-0000000000bb'::uuid))
  CREATE INDEX breadcrumbs_tools ON breadcrumbs USING btree (owner_id, ((context ->> 'name'::text))) WHERE ((schema_name)::text = ANY ((ARRAY['tool.v1'::character varying, 'tool.code.v1'::character varying])::text[]))
  CREATE INDEX idx_breadcrumbs_document ON breadcrumbs USING gin (document)
  CREATE INDEX idx_breadcrumbs_embedded_by ON breadcrumbs USING btree (embedded_by) WHERE (indexed_version > 0)
  CREATE INDEX idx_breadcrumbs_embedding ON breadcrumbs USING hnsw (embedding vector_cosine_ops)
  CREATE INDEX idx_breadcrumbs_owner ON breadcrumbs USING btree (owner_id, updated_at DESC, id DESC)
  CREATE INDEX idx_breadcrumbs_schema ON breadcrumbs USING btree (owner_id, schema_name, updated_at DESC, id DESC)
  CREATE INDEX idx_breadcrumbs_tags ON breadcrumbs USING gin (tags)
  CREATE INDEX idx_breadcrumbs_ttl ON breadcrumbs USING btree (ttl) WHERE (ttl IS NOT NULL)
  CREATE TRIGGER add_tags AFTER INSERT ON breadcrumbs REFERENCING NEW TABLE AS created FOR EACH STATEMENT EXECUTE FUNCTION add_tags_of_created()
  CREATE TRIGGER remove_tags AFTER DELETE ON breadcrumbs FOR EACH ROW EXECUTE FUNCTION replace_tags_of_changed()
  CREATE TRIGGER replace_tags AFTER UPDATE ON breadcrumbs FOR EACH ROW WHEN (((old.tags <> new.tags) OR (old.updated_at <> new.updated_at) OR (old.owner_id <> new.owner_id))) EXECUTE FUNCTION replace_tags_of_changed()
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
  lane character varying(100)
  constraint deliveries_max_attempts_check CHECK ((max_attempts > 0))
  constraint deliveries_pkey PRIMARY KEY (id)
  constraint deliveries_queue_dedupe_key_key UNIQUE (queue, dedupe_key)
  constraint deliveries_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying, 'done'::character varying, 'dead'::character varying])::text[])))
  CREATE INDEX deliveries_dead ON deliveries USING btree (owner_id, queue) WHERE ((state)::text = 'dead'::text)
  CREATE INDEX deliveries_due ON deliveries USING btree (queue, due_at) WHERE ((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying])::text[]))
  CREATE INDEX deliveries_finished ON deliveries USING btree (finished_at) WHERE ((state)::text = ANY ((ARRAY['done'::character varying, 'dead'::character varying])::text[]))
  CREATE INDEX deliveries_group ON deliveries USING btree (queue, group_key, "position") WHERE (((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying])::text[])) AND (group_key IS NOT NULL))
  CREATE INDEX deliveries_lane ON deliveries USING btree (queue, lane, due_at) WHERE (((state)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying])::text[])) AND (lane IS NOT NULL))
  CREATE INDEX deliveries_lane_running ON deliveries USING btree (queue, lane) WHERE (((state)::text = 'running'::text) AND (lane IS NOT NULL))
  CREATE INDEX deliveries_owner ON deliveries USING btree (owner_id, created_at)
table embedding_turn
  is_only boolean not null default true
  holder character varying(100)
  held_until timestamp with time zone
  constraint embedding_turn_is_only_check CHECK (is_only)
  constraint embedding_turn_pkey PRIMARY KEY (is_only)
table event_cursors
  name character varying(50) not null
  seq bigint not null
  generation bigint not null default 0
  leased_by character varying(100)
  leased_until timestamp(3) with time zone
  seen_at timestamp(3) with time zone not null default now()
  parked_at timestamp(3) with time zone
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
table hygiene_reports
  owner_id uuid not null
  expired_breadcrumbs bigint not null default 0
  idle_agents bigint not null default 0
  orphan_subscriptions bigint not null default 0
  dead_letters bigint not null default 0
  reported jsonb
  reported_at timestamp(3) with time zone
  breadcrumb_id uuid
  constraint hygiene_reports_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint hygiene_reports_pkey PRIMARY KEY (owner_id)
table hygiene_totals
  id integer not null default 1
  runs_completed bigint not null default 0
  total_breadcrumbs_purged bigint not null default 0
  last_run_duration_ms integer not null default 0
  last_run_errors integer not null default 0
  last_updated timestamp(3) with time zone
  total_agents_cleaned bigint not null default 0
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
table model_circuits
  fingerprint character varying(64) not null
  provider character varying(50) not null
  reason text not null
  failures integer not null default 1
  opened_at timestamp(3) with time zone not null default now()
  retry_at timestamp(3) with time zone not null
  trial_until timestamp(3) with time zone
  constraint model_circuits_pkey PRIMARY KEY (fingerprint)
table run_decisions
  owner_id uuid not null
  run_id uuid not null
  expires_on date not null
  decision_id uuid not null
  place integer not null
  step_id uuid
  decision_type character varying(100) not null
  selected character varying(200) not null
  reason_code character varying(100) not null
  confidence double precision
  metadata jsonb not null default '{}'::jsonb
  recorded_at timestamp with time zone not null default clock_timestamp()
  created_at timestamp with time zone not null default clock_timestamp()
  constraint run_decisions_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision)))
  constraint run_decisions_pkey PRIMARY KEY (owner_id, run_id, decision_id, expires_on)
  CREATE INDEX run_decisions_newest ON ONLY run_decisions USING btree (owner_id, recorded_at DESC, decision_id DESC)
table run_failure_days
  owner_id uuid not null
  day timestamp with time zone not null
  fingerprint character varying(64) not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  failure_type character varying(20) not null
  failure_code character varying(100) not null
  n bigint not null
  first_seen timestamp with time zone not null
  last_seen timestamp with time zone not null
  last_run_id uuid not null
  constraint run_failure_days_pkey PRIMARY KEY (owner_id, day, fingerprint, agent_id, agent_version, environment)
table run_failure_groups
  owner_id uuid not null
  fingerprint character varying(64) not null
  agent_id character varying(255) not null
  environment character varying(50) not null
  failure_type character varying(20) not null
  failure_code character varying(100) not null
  message text not null
  n bigint not null
  first_seen timestamp with time zone not null
  last_seen timestamp with time zone not null
  last_run_id uuid not null
  constraint run_failure_groups_pkey PRIMARY KEY (owner_id, fingerprint, agent_id, environment)
  CREATE INDEX run_failure_groups_last ON run_failure_groups USING btree (owner_id, last_seen DESC)
table run_failure_hours
  owner_id uuid not null
  hour timestamp with time zone not null
  fingerprint character varying(64) not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  failure_type character varying(20) not null
  failure_code character varying(100) not null
  n bigint not null
  first_seen timestamp with time zone not null
  last_seen timestamp with time zone not null
  last_run_id uuid not null
  constraint run_failure_hours_pkey PRIMARY KEY (owner_id, hour, fingerprint, agent_id, agent_version, environment)
  CREATE INDEX run_failure_hours_hour ON run_failure_hours USING brin (hour)
table run_failures
  owner_id uuid not null
  run_id uuid not null
  expires_on date not null
  failure_id uuid not null
  step_id uuid
  failure_type character varying(20) not null
  failure_code character varying(100) not null
  message text not null
  fingerprint character varying(64) not null
  created_at timestamp with time zone not null default clock_timestamp()
  constraint run_failures_failure_type_check CHECK (((failure_type)::text = ANY ((ARRAY['tool'::character varying, 'model'::character varying, 'retrieval'::character varying, 'orchestration'::character varying])::text[])))
  constraint run_failures_pkey PRIMARY KEY (owner_id, run_id, failure_id, expires_on)
  CREATE INDEX run_failures_fingerprint ON ONLY run_failures USING btree (owner_id, fingerprint, created_at DESC)
table run_keys
  owner_id uuid not null
  run_id uuid not null
  expires_on date not null
  body_hash bytea
  created_at timestamp with time zone not null default clock_timestamp()
  constraint run_keys_pkey PRIMARY KEY (owner_id, run_id)
  CREATE INDEX run_keys_expiry ON run_keys USING btree (expires_on)
table run_policies
  owner_id uuid not null
  environment character varying(50) not null default ''::character varying
  privacy character varying(10)
  retention_days integer
  updated_at timestamp(3) with time zone not null default now()
  applied_at timestamp(3) with time zone
  constraint run_policies_pkey PRIMARY KEY (owner_id, environment)
  constraint run_policies_privacy_check CHECK (((privacy)::text = ANY ((ARRAY['reject'::character varying, 'redact'::character varying, 'allow'::character varying])::text[])))
  constraint run_policies_retention_days_check CHECK (((retention_days >= 1) AND (retention_days <= 3650)))
table run_rollup_days
  owner_id uuid not null
  day timestamp with time zone not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  metric character varying(20) not null
  key character varying(450) not null
  n bigint not null
  total double precision not null default 0
  buckets bigint[]
  constraint run_rollup_days_pkey PRIMARY KEY (owner_id, day, agent_id, agent_version, environment, metric, key)
table run_rollups
  owner_id uuid not null
  hour timestamp with time zone not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  metric character varying(20) not null
  key character varying(450) not null
  n bigint not null
  total double precision not null default 0
  buckets bigint[]
  constraint run_rollups_pkey PRIMARY KEY (owner_id, hour, agent_id, agent_version, environment, metric, key)
  CREATE INDEX run_rollups_hour ON run_rollups USING brin (hour)
table run_signals
  owner_id uuid not null
  run_id uuid not null
  expires_on date not null
  signal_id uuid not null
  place integer not null
  step_id uuid
  signal_type character varying(100) not null
  signal_code character varying(100) not null
  value boolean not null
  weight double precision
  metadata jsonb not null default '{}'::jsonb
  recorded_at timestamp with time zone not null default clock_timestamp()
  created_at timestamp with time zone not null default clock_timestamp()
  constraint run_signals_pkey PRIMARY KEY (owner_id, run_id, signal_id, expires_on)
  constraint run_signals_weight_check CHECK (((weight >= (0)::double precision) AND (weight <= (1)::double precision)))
  CREATE INDEX run_signals_newest ON ONLY run_signals USING btree (owner_id, recorded_at DESC, signal_id DESC)
table run_steps
  owner_id uuid not null
  run_id uuid not null
  expires_on date not null
  step_id uuid not null
  seq integer not null
  step_type character varying(10) not null
  name character varying(255) not null
  latency_ms integer not null
  started_at timestamp with time zone not null
  ended_at timestamp with time zone not null
  metadata jsonb not null default '{}'::jsonb
  model character varying(255)
  provider character varying(100)
  input_tokens bigint
  output_tokens bigint
  cached_input_tokens bigint
  reasoning_tokens bigint
  cost_usd double precision
  created_at timestamp with time zone not null default clock_timestamp()
  constraint run_steps_check CHECK ((ended_at >= started_at))
  constraint run_steps_latency_ms_check CHECK ((latency_ms >= 0))
  constraint run_steps_pkey PRIMARY KEY (owner_id, run_id, step_id, expires_on)
  constraint run_steps_seq_check CHECK ((seq >= 0))
  constraint run_steps_step_type_check CHECK (((step_type)::text = ANY ((ARRAY['plan'::character varying, 'retrieve'::character varying, 'tool'::character varying, 'respond'::character varying, 'other'::character varying])::text[])))
table runs
  owner_id uuid not null
  run_id uuid not null
  expires_on date not null
  agent_id character varying(255) not null
  agent_version character varying(100) not null
  environment character varying(50) not null
  status character varying(10) not null
  source character varying(10) not null default 'api'::character varying
  started_at timestamp with time zone not null
  ended_at timestamp with time zone
  heard_at timestamp with time zone not null default clock_timestamp()
  created_at timestamp with time zone not null default clock_timestamp()
  steps_count integer not null default 0
  input_tokens bigint
  output_tokens bigint
  cached_input_tokens bigint
  reasoning_tokens bigint
  cost_usd double precision
  parent_run_id uuid
  breadcrumb_id uuid
  conversation_id character varying(250)
  end_reason character varying(500)
  metadata jsonb not null default '{}'::jsonb
  constraint runs_check CHECK ((ended_at >= started_at))
  constraint runs_pkey PRIMARY KEY (owner_id, run_id, expires_on)
  constraint runs_source_check CHECK (((source)::text = ANY ((ARRAY['api'::character varying, 'otlp'::character varying, 'cairn'::character varying])::text[])))
  constraint runs_status_check CHECK (((status)::text = ANY ((ARRAY['success'::character varying, 'failure'::character varying, 'partial'::character varying, 'running'::character varying])::text[])))
  CREATE INDEX runs_agent ON ONLY runs USING btree (owner_id, agent_id, started_at DESC, run_id DESC)
  CREATE INDEX runs_breadcrumb ON ONLY runs USING btree (owner_id, breadcrumb_id) WHERE (breadcrumb_id IS NOT NULL)
  CREATE INDEX runs_newest ON ONLY runs USING btree (owner_id, started_at DESC, run_id DESC)
  CREATE INDEX runs_parent ON ONLY runs USING btree (owner_id, parent_run_id) WHERE (parent_run_id IS NOT NULL)
  CREATE INDEX runs_running ON ONLY runs USING btree (heard_at) WHERE ((status)::text = 'running'::text)
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
table tool_checks
  definition_id uuid not null
  version integer not null
  reason text
  constraint tool_checks_definition_id_fkey FOREIGN KEY (definition_id) REFERENCES breadcrumbs(id) ON DELETE CASCADE
  constraint tool_checks_pkey PRIMARY KEY (definition_id)
table tool_schedules
  id uuid not null
  owner_id uuid not null
  agent_id uuid not null
  name character varying(100) not null
  kind character varying(10) not null
  spec character varying(200) not null
  timezone character varying(100) not null
  breadcrumb jsonb not null
  state character varying(10) not null default 'active'::character varying
  next_at timestamp(3) with time zone
  last_at timestamp(3) with time zone
  firings integer not null default 0
  firings_max integer
  last_error text
  made_for character varying(100) not null
  created_at timestamp(3) with time zone not null default now()
  asked_by uuid
  constraint tool_schedules_kind_check CHECK (((kind)::text = ANY ((ARRAY['cron'::character varying, 'every'::character varying, 'at'::character varying])::text[])))
  constraint tool_schedules_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint tool_schedules_owner_id_made_for_key UNIQUE (owner_id, made_for)
  constraint tool_schedules_pkey PRIMARY KEY (id)
  constraint tool_schedules_state_check CHECK (((state)::text = ANY ((ARRAY['active'::character varying, 'ended'::character varying, 'cancelled'::character varying])::text[])))
  CREATE INDEX tool_schedules_owner ON tool_schedules USING btree (owner_id, agent_id, created_at)
table tool_workflow_steps
  workflow_id uuid not null
  step_id character varying(100) not null
  owner_id uuid not null
  delivery_id uuid not null
  place integer not null
  request_id uuid not null
  state character varying(10) not null
  output jsonb
  error text
  deadline_at timestamp(3) with time zone not null
  created_at timestamp(3) with time zone not null default now()
  constraint tool_workflow_steps_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES tenants(id) ON DELETE CASCADE
  constraint tool_workflow_steps_pkey PRIMARY KEY (workflow_id, step_id)
  constraint tool_workflow_steps_request_id_key UNIQUE (request_id)
  constraint tool_workflow_steps_state_check CHECK (((state)::text = ANY ((ARRAY['running'::character varying, 'done'::character varying, 'failed'::character varying])::text[])))
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
  CREATE INDEX webhook_dlq_age ON webhook_dlq USING btree (created_at)
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
  failing_since timestamp(3) with time zone
  last_failed_at timestamp(3) with time zone
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
CREATE OR REPLACE FUNCTION public.add_tags_of_created()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into breadcrumb_tags (owner_id, tag, updated_at, breadcrumb_id)
  select owner_id, tag, updated_at, id from created, unnest(tags) tag
  on conflict do nothing;
  return null;
end
$function$

CREATE OR REPLACE FUNCTION public.keep_baseline()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (new.baseline_id, new.owner_id, new.profile_id, new.agent_id, new.agent_version, new.environment, new.baseline_type, new.created_at)
      is distinct from
     (old.baseline_id, old.owner_id, old.profile_id, old.agent_id, old.agent_version, old.environment, old.baseline_type, old.created_at)
     or new.description is distinct from old.description
     or (old.approved_at is not null
         and (new.approved_by, new.approved_at) is distinct from (old.approved_by, old.approved_at)) then
    raise exception 'a baseline can only be approved, once, and be activated or not' using errcode = '23514';
  end if;
  return new;
end $function$

CREATE OR REPLACE FUNCTION public.next_event_seq()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_current_xact_id();
  return nextval('event_seq');
end
$function$

CREATE OR REPLACE FUNCTION public.replace_tags_of_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.run_add_up(rollups json, failure_groups json)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into run_rollups as r (owner_id, hour, agent_id, agent_version, environment, metric, key, n, total, buckets)
  select * from json_to_recordset($1) as t(owner_id uuid, hour timestamptz, agent_id text, agent_version text,
    environment text, metric text, key text, n bigint, total double precision, buckets bigint[])
  order by owner_id, hour, agent_id, agent_version, environment, metric, key
  on conflict (owner_id, hour, agent_id, agent_version, environment, metric, key) do update set
    n = r.n + excluded.n, total = r.total + excluded.total, buckets = run_buckets_add(r.buckets, excluded.buckets);
  insert into run_rollup_days as r (owner_id, day, agent_id, agent_version, environment, metric, key, n, total, buckets)
  select owner_id, date_trunc('day', hour at time zone 'UTC') at time zone 'UTC', agent_id, agent_version, environment,
    metric, key, sum(n), sum(total), run_buckets_sum(buckets)
  from json_to_recordset($1) as t(owner_id uuid, hour timestamptz, agent_id text, agent_version text,
    environment text, metric text, key text, n bigint, total double precision, buckets bigint[])
  group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7
  on conflict (owner_id, day, agent_id, agent_version, environment, metric, key) do update set
    n = r.n + excluded.n, total = r.total + excluded.total, buckets = run_buckets_add(r.buckets, excluded.buckets);
  insert into run_failure_groups as g (owner_id, fingerprint, agent_id, environment, failure_type, failure_code, message, n,
    first_seen, last_seen, last_run_id)
  select owner_id, fingerprint, agent_id, environment, max(failure_type), max(failure_code),
    (array_agg(message order by last_seen desc))[1], sum(n), min(first_seen), max(last_seen),
    (array_agg(last_run_id order by last_seen desc))[1]
  from json_to_recordset($2) as t(owner_id uuid, fingerprint text, agent_id text, environment text,
    failure_type text, failure_code text, message text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  group by 1, 2, 3, 4 having sum(n) <> 0 order by 1, 2, 3, 4
  on conflict (owner_id, fingerprint, agent_id, environment) do update set
    n = g.n + excluded.n, first_seen = least(g.first_seen, excluded.first_seen),
    last_seen = greatest(g.last_seen, excluded.last_seen), message = excluded.message,
    last_run_id = excluded.last_run_id;
  insert into run_failure_hours as h (owner_id, hour, fingerprint, agent_id, agent_version, environment, failure_type,
    failure_code, n, first_seen, last_seen, last_run_id)
  select owner_id, hour, fingerprint, agent_id, agent_version, environment, failure_type, failure_code, n, first_seen,
    last_seen, last_run_id
  from json_to_recordset($2) as t(owner_id uuid, hour timestamptz, fingerprint text, agent_id text, agent_version text,
    environment text, failure_type text, failure_code text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  where hour is not null order by 1, 2, 3, 4, 5, 6
  on conflict (owner_id, hour, fingerprint, agent_id, agent_version, environment) do update set
    n = h.n + excluded.n, first_seen = least(h.first_seen, excluded.first_seen),
    last_seen = greatest(h.last_seen, excluded.last_seen),
    last_run_id = case when excluded.last_seen >= h.last_seen then excluded.last_run_id else h.last_run_id end;
  insert into run_failure_days as d (owner_id, day, fingerprint, agent_id, agent_version, environment, failure_type,
    failure_code, n, first_seen, last_seen, last_run_id)
  select owner_id, date_trunc('day', hour at time zone 'UTC') at time zone 'UTC', fingerprint, agent_id, agent_version,
    environment, max(failure_type), max(failure_code), sum(n), min(first_seen), max(last_seen),
    (array_agg(last_run_id order by last_seen desc))[1]
  from json_to_recordset($2) as t(owner_id uuid, hour timestamptz, fingerprint text, agent_id text, agent_version text,
    environment text, failure_type text, failure_code text, n bigint, first_seen timestamptz, last_seen timestamptz,
    last_run_id uuid)
  where hour is not null group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
  on conflict (owner_id, day, fingerprint, agent_id, agent_version, environment) do update set
    n = d.n + excluded.n, first_seen = least(d.first_seen, excluded.first_seen),
    last_seen = greatest(d.last_seen, excluded.last_seen),
    last_run_id = case when excluded.last_seen >= d.last_seen then excluded.last_run_id else d.last_run_id end;
$function$

CREATE OR REPLACE FUNCTION public.run_buckets_add(a bigint[], b bigint[])
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when a is null then b when b is null then a else (
    select array_agg(coalesce(x, 0) + coalesce(y, 0) order by place)
    from unnest(a, b) with ordinality as both_of(x, y, place)) end
$function$

aggregate run_buckets_sum(bigint[]) by run_buckets_add
CREATE OR REPLACE FUNCTION public.run_partition(day date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  first date := date_trunc('week', day)::date;
  parent text;
  child text;
begin
  if day > current_date + 3670 or day < date '2000-01-01' then
    raise exception 'no partition is made for that day' using errcode = '22008';
  end if;
  -- Two that make the same partitions at once would fail.
  perform pg_advisory_xact_lock(hashtext('cairn:run_partition:' || current_schema()));
  foreach parent in array array['runs', 'run_steps', 'run_failures', 'run_decisions', 'run_signals'] loop
    child := parent || '_' || to_char(first, 'YYYYMMDD');
    continue when to_regclass(format('%I.%I', current_schema(), child)) is not null;
    execute format('create table %I (like %I including all)', child, parent);
    execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, child, first, first + 7);
  end loop;
end
$function$

CREATE OR REPLACE FUNCTION public.run_read(wanted json, parts uuid[], seqs integer[])
 RETURNS TABLE(run jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select to_jsonb(r) || jsonb_build_object(
    'steps', coalesce((select jsonb_agg(to_jsonb(s) order by s.seq, s.step_id) from run_steps s
      where s.owner_id = r.owner_id and s.run_id = r.run_id and s.expires_on = r.expires_on
        and (parts is null or s.step_id = any(parts) or s.seq = any(seqs))), '[]'),
    'failures', coalesce((select jsonb_agg(to_jsonb(f) order by f.created_at, f.failure_id) from run_failures f
      where f.owner_id = r.owner_id and f.run_id = r.run_id and f.expires_on = r.expires_on), '[]'),
    'decisions', coalesce((select jsonb_agg(to_jsonb(d) order by d.place) from run_decisions d
      where d.owner_id = r.owner_id and d.run_id = r.run_id and d.expires_on = r.expires_on
        and (parts is null or d.decision_id = any(parts))), '[]'),
    'quality_signals', coalesce((select jsonb_agg(to_jsonb(q) order by q.place) from run_signals q
      where q.owner_id = r.owner_id and q.run_id = r.run_id and q.expires_on = r.expires_on
        and (parts is null or q.signal_id = any(parts))), '[]'),
    'decisions_count', (select count(*) from run_decisions d
      where d.owner_id = r.owner_id and d.run_id = r.run_id and d.expires_on = r.expires_on),
    'signals_count', (select count(*) from run_signals q
      where q.owner_id = r.owner_id and q.run_id = r.run_id and q.expires_on = r.expires_on))
  from json_to_recordset(wanted) as w(owner_id uuid, run_id uuid, expires_on date)
  join runs r on r.owner_id = w.owner_id and r.run_id = w.run_id and r.expires_on = w.expires_on
$function$

CREATE OR REPLACE FUNCTION public.run_upsert(new_runs json, new_steps json, new_failures json, new_decisions json, new_signals json, gone json)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  delete from run_failures f using json_to_recordset($6) as t(owner_id uuid, run_id uuid, expires_on date, failure_id uuid)
  where f.owner_id = t.owner_id and f.run_id = t.run_id and f.failure_id = t.failure_id and f.expires_on = t.expires_on;
  insert into runs (
    owner_id, run_id, expires_on, agent_id, agent_version, environment, status, source, started_at, ended_at,
    heard_at, created_at, steps_count, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd,
    parent_run_id, breadcrumb_id, conversation_id, end_reason, metadata)
  select * from json_to_recordset($1) as t(
    owner_id uuid, run_id uuid, expires_on date, agent_id text, agent_version text, environment text, status text,
    source text, started_at timestamptz, ended_at timestamptz, heard_at timestamptz, created_at timestamptz,
    steps_count integer, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint,
    reasoning_tokens bigint, cost_usd double precision, parent_run_id uuid, breadcrumb_id uuid, conversation_id text,
    end_reason text, metadata jsonb)
  on conflict (owner_id, run_id, expires_on) do update set
    agent_id = excluded.agent_id, agent_version = excluded.agent_version, environment = excluded.environment,
    status = excluded.status, source = excluded.source, started_at = excluded.started_at,
    ended_at = excluded.ended_at, heard_at = excluded.heard_at, created_at = excluded.created_at,
    steps_count = excluded.steps_count, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_input_tokens = excluded.cached_input_tokens, reasoning_tokens = excluded.reasoning_tokens,
    cost_usd = excluded.cost_usd, parent_run_id = excluded.parent_run_id, breadcrumb_id = excluded.breadcrumb_id,
    conversation_id = excluded.conversation_id, end_reason = excluded.end_reason, metadata = excluded.metadata;
  insert into run_steps (
    owner_id, run_id, expires_on, step_id, seq, step_type, name, latency_ms, started_at, ended_at, metadata, model,
    provider, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, cost_usd, created_at)
  select * from json_to_recordset($2) as t(
    owner_id uuid, run_id uuid, expires_on date, step_id uuid, seq integer, step_type text, name text,
    latency_ms integer, started_at timestamptz, ended_at timestamptz, metadata jsonb, model text, provider text,
    input_tokens bigint, output_tokens bigint, cached_input_tokens bigint, reasoning_tokens bigint,
    cost_usd double precision, created_at timestamptz)
  on conflict (owner_id, run_id, step_id, expires_on) do update set
    seq = excluded.seq, step_type = excluded.step_type, name = excluded.name, latency_ms = excluded.latency_ms,
    started_at = excluded.started_at, ended_at = excluded.ended_at, metadata = excluded.metadata,
    model = excluded.model, provider = excluded.provider, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens, cached_input_tokens = excluded.cached_input_tokens,
    reasoning_tokens = excluded.reasoning_tokens, cost_usd = excluded.cost_usd, created_at = excluded.created_at;
  insert into run_failures (
    owner_id, run_id, expires_on, failure_id, step_id, failure_type, failure_code, message, fingerprint, created_at)
  select * from json_to_recordset($3) as t(
    owner_id uuid, run_id uuid, expires_on date, failure_id uuid, step_id uuid, failure_type text, failure_code text,
    message text, fingerprint text, created_at timestamptz)
  on conflict (owner_id, run_id, failure_id, expires_on) do update set
    step_id = excluded.step_id, failure_type = excluded.failure_type, failure_code = excluded.failure_code,
    message = excluded.message, fingerprint = excluded.fingerprint, created_at = excluded.created_at;
  insert into run_decisions (
    owner_id, run_id, expires_on, decision_id, place, step_id, decision_type, selected, reason_code, confidence,
    metadata, recorded_at, created_at)
  select * from json_to_recordset($4) as t(
    owner_id uuid, run_id uuid, expires_on date, decision_id uuid, place integer, step_id uuid, decision_type text,
    selected text, reason_code text, confidence double precision, metadata jsonb, recorded_at timestamptz,
    created_at timestamptz)
  on conflict (owner_id, run_id, decision_id, expires_on) do update set
    place = excluded.place, step_id = excluded.step_id, decision_type = excluded.decision_type,
    selected = excluded.selected, reason_code = excluded.reason_code, confidence = excluded.confidence,
    metadata = excluded.metadata, recorded_at = excluded.recorded_at, created_at = excluded.created_at;
  insert into run_signals (
    owner_id, run_id, expires_on, signal_id, place, step_id, signal_type, signal_code, value, weight, metadata,
    recorded_at, created_at)
  select * from json_to_recordset($5) as t(
    owner_id uuid, run_id uuid, expires_on date, signal_id uuid, place integer, step_id uuid, signal_type text,
    signal_code text, value boolean, weight double precision, metadata jsonb, recorded_at timestamptz,
    created_at timestamptz)
  on conflict (owner_id, run_id, signal_id, expires_on) do update set
    place = excluded.place, step_id = excluded.step_id, signal_type = excluded.signal_type,
    signal_code = excluded.signal_code, value = excluded.value, weight = excluded.weight,
    metadata = excluded.metadata, recorded_at = excluded.recorded_at, created_at = excluded.created_at;
$function$

sequence event_seq
