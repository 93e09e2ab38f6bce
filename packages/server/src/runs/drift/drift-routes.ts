import {
  BASELINE_TYPES,
  BehaviorBaseline,
  BehaviorBaselineCreate,
  BehaviorDrift,
  BehaviorProfile,
  BehaviorProfileCreate,
  DRIFT_TYPES,
  DriftSummary,
  DriftTimeline,
  RUN_LIMITS,
  SEVERITIES,
  Timestamp,
  Uuid,
} from '@cairn/protocol';
import { Type } from 'typebox';
import type { HttpServer, Routes } from '../../http/index.ts';
import type { Drift } from './drift.ts';

const ById = Type.Object({ id: Uuid });
const tags = ['drift'];
/** The original has all routes that read. */
const read = { access: 'run.read', open_in_dev: true, refuses_as_original: true };
const manage = { access: 'run.manage' };
const SLICE_MAX = 1_000;

const agent = {
  agent_id: Type.Optional(Type.String({ maxLength: RUN_LIMITS.agent_id_chars })),
  agent_version: Type.Optional(Type.String({ maxLength: RUN_LIMITS.agent_version_chars })),
  environment: Type.Optional(Type.String({ maxLength: RUN_LIMITS.environment_chars })),
};
const slice = {
  limit: Type.Integer({ minimum: 1, maximum: SLICE_MAX, default: 100 }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
};

/** The routes that show profiles, baselines and drift, for under /v1. Their database may be one that can only read. */
export function driftRoutes(drift: Drift): Routes {
  return (server: HttpServer) => {
    showProfiles(server, drift);
    showBaselines(server, drift);
    showSummaries(server, drift);
    showDrift(server, drift);
  };
}

/** The routes that make and change them, for under /v1. */
export function driftChangeRoutes(drift: Drift): Routes {
  return (server: HttpServer) => {
    makeProfiles(server, drift);
    makeBaselines(server, drift);
    changeBaselines(server, drift);
    changeDrift(server, drift);
  };
}

function showProfiles(server: HttpServer, drift: Drift): void {
  server.get(
    '/drift/profiles',
    {
      config: read,
      schema: {
        summary: 'Profiles of behaviour, newest first',
        tags,
        querystring: Type.Object({ ...agent, ...slice }),
        response: { 200: Type.Array(BehaviorProfile) },
      },
    },
    ({ principal, query }) => drift.profiles(principal.owner_id, query, query),
  );
  server.get(
    '/drift/profiles/:id',
    {
      config: read,
      schema: { summary: 'A profile', tags, params: ById, response: { 200: BehaviorProfile } },
    },
    ({ principal, params }) => drift.profile(principal.owner_id, params.id.toLowerCase()),
  );
}

function makeProfiles(server: HttpServer, drift: Drift): void {
  server.post(
    '/drift/profiles',
    {
      config: manage,
      schema: {
        summary: 'Make a profile of how an agent behaved in a window',
        description:
          'The window is taken down to whole hours. The same window again brings it up to date.',
        tags,
        body: BehaviorProfileCreate,
        response: { 201: BehaviorProfile },
      },
    },
    async ({ principal, body }, reply) =>
      reply.code(201).send(await drift.buildProfile(principal.owner_id, body)),
  );
}

function showBaselines(server: HttpServer, drift: Drift): void {
  server.get(
    '/drift/baselines',
    {
      config: read,
      schema: {
        summary: 'Baselines, newest first',
        tags,
        querystring: Type.Object({
          ...agent,
          baseline_type: Type.Optional(Type.Enum([...BASELINE_TYPES])),
          is_active: Type.Optional(Type.Boolean()),
          ...slice,
        }),
        response: { 200: Type.Array(BehaviorBaseline) },
      },
    },
    ({ principal, query }) => drift.baselines(principal.owner_id, query, query),
  );
  server.get(
    '/drift/baselines/:id',
    {
      config: read,
      schema: { summary: 'A baseline', tags, params: ById, response: { 200: BehaviorBaseline } },
    },
    ({ principal, params }) => drift.baseline(principal.owner_id, params.id.toLowerCase()),
  );
}

function makeBaselines(server: HttpServer, drift: Drift): void {
  server.post(
    '/drift/baselines',
    {
      config: manage,
      schema: {
        summary: 'Make a baseline of a profile',
        tags,
        body: BehaviorBaselineCreate,
        response: { 201: BehaviorBaseline },
      },
    },
    async ({ principal, body }, reply) =>
      reply.code(201).send(await drift.createBaseline(principal.owner_id, body)),
  );
}

function changeBaselines(server: HttpServer, drift: Drift): void {
  const response = { 200: BehaviorBaseline };
  server.post(
    '/drift/baselines/:id/approve',
    {
      config: manage,
      schema: {
        summary: 'Approve a baseline',
        tags,
        params: ById,
        body: Type.Object({ approved_by: Type.String({ minLength: 1, maxLength: 255 }) }),
        response,
      },
    },
    ({ principal, params, body }) =>
      drift.approve(principal.owner_id, params.id.toLowerCase(), body.approved_by),
  );
  server.post(
    '/drift/baselines/:id/activate',
    {
      config: manage,
      schema: {
        summary: 'Compare with this baseline from now on, in place of the one before',
        tags,
        params: ById,
        response,
      },
    },
    ({ principal, params }) => drift.activate(principal.owner_id, params.id.toLowerCase()),
  );
  server.post(
    '/drift/baselines/:id/deactivate',
    {
      config: manage,
      schema: { summary: 'Compare with this baseline no more', tags, params: ById, response },
    },
    ({ principal, params }) => drift.deactivate(principal.owner_id, params.id.toLowerCase()),
  );
}

function showSummaries(server: HttpServer, drift: Drift): void {
  server.get(
    '/drift/timeline',
    {
      config: read,
      schema: {
        summary: 'What was observed of an agent over time, and the drift that was detected',
        description:
          'One point of each metric for each observed window, at its end: `mean` and `p95` of latency, and the metrics of decisions and signals that drifted, null where a window had none of their type.',
        tags,
        querystring: Type.Object({
          ...agent,
          agent_id: Type.String({ minLength: 1, maxLength: RUN_LIMITS.agent_id_chars }),
          start_date: Type.Optional(Timestamp),
          end_date: Type.Optional(Timestamp),
        }),
        response: { 200: DriftTimeline },
      },
    },
    ({ principal, query }) => drift.timeline(principal.owner_id, query),
  );
  server.get(
    '/drift/summary',
    {
      config: read,
      schema: {
        summary: 'How much drift there was in the last days',
        tags,
        querystring: Type.Object({
          environment: agent.environment,
          days: Type.Integer({ minimum: 1, maximum: 365, default: 7 }),
        }),
        response: { 200: DriftSummary },
      },
    },
    ({ principal, query }) => drift.summary(principal.owner_id, query.environment, query.days),
  );
}

function showDrift(server: HttpServer, drift: Drift): void {
  server.get(
    '/drift',
    {
      config: read,
      schema: {
        summary: 'Drift, newest first',
        tags,
        querystring: Type.Object({
          ...agent,
          drift_type: Type.Optional(Type.Enum([...DRIFT_TYPES])),
          severity: Type.Optional(Type.Enum([...SEVERITIES])),
          resolved: Type.Optional(Type.Boolean()),
          ...slice,
        }),
        response: { 200: Type.Array(BehaviorDrift) },
      },
    },
    ({ principal, query }) => drift.drifts(principal.owner_id, query, query),
  );
  server.get(
    '/drift/:id',
    {
      config: read,
      schema: { summary: 'A drift', tags, params: ById, response: { 200: BehaviorDrift } },
    },
    ({ principal, params }) => drift.drift(principal.owner_id, params.id.toLowerCase()),
  );
}

function changeDrift(server: HttpServer, drift: Drift): void {
  server.post(
    '/drift/detect',
    {
      config: manage,
      schema: {
        summary: 'Compare a window with the active baseline now',
        description: 'Answers what has changed; what was known already is brought up to date.',
        tags,
        body: BehaviorProfileCreate,
        response: { 200: Type.Array(BehaviorDrift) },
      },
    },
    ({ principal, body }) => drift.detect(principal.owner_id, body),
  );
  server.post(
    '/drift/:id/resolve',
    {
      config: { ...manage, refuses_as_original: true },
      schema: {
        summary: 'Say that a drift has been looked at',
        tags,
        params: ById,
        response: { 200: BehaviorDrift },
      },
    },
    ({ principal, params }) => drift.resolve(principal.owner_id, params.id.toLowerCase()),
  );
}
