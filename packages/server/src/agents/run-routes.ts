import {
  APPROVAL_STATES,
  ApprovalDecision,
  ApprovalItem,
  ModelCircuit,
  SCHEMAS,
  Uuid,
} from '@cairn/protocol';
import { Type } from 'typebox';
import { AppError } from '../base/index.ts';
import type { Breadcrumbs } from '../breadcrumbs/index.ts';
import { answerPageById, PAGE_QUERY, type HttpServer, type Routes } from '../http/index.ts';
import type { Approvals } from './approvals.ts';
import type { CircuitStore } from './circuit-store.ts';
import type { RunControl } from './run-control.ts';

const ById = Type.Object({ id: Uuid });
const Ok = Type.Object({ ok: Type.Boolean() });
const tags = ['agents'];

export interface RunRoutesPorts {
  readonly approvals: Approvals;
  readonly control: RunControl;
  readonly circuits: CircuitStore;
  readonly breadcrumbs: Breadcrumbs;
}

/** What people do about runs: consent to tool calls, stop runs, activate definitions, close circuits. */
export function runControlRoutes(ports: RunRoutesPorts): Routes {
  return (server: HttpServer) => {
    addApprovals(server, ports.approvals);
    addRuns(server, ports.control);
    addDefinitions(server, ports.breadcrumbs);
    addCircuits(server, ports.circuits);
  };
}

function addApprovals(server: HttpServer, approvals: Approvals): void {
  server.get(
    '/approvals',
    {
      config: { access: 'approval.read' },
      schema: {
        summary: 'Tool calls that wait, or waited, for the consent of a person',
        tags,
        querystring: Type.Object({
          ...PAGE_QUERY,
          state: Type.Optional(Type.Enum([...APPROVAL_STATES])),
        }),
        response: { 200: Type.Array(ApprovalItem) },
      },
    },
    (request, reply) =>
      answerPageById(request, reply, request.query, ({ limit, before = null }) =>
        approvals.list(request.principal, { state: request.query.state ?? null, limit, before }),
      ),
  );
  server.post(
    '/approvals/:id',
    {
      config: { access: 'approval.decide' },
      schema: {
        summary: 'Consent to a tool call, or refuse it',
        description:
          'The first valid decision counts. 409 when it was decided before or its time is over. Agents may not decide.',
        tags,
        params: ById,
        body: ApprovalDecision,
        response: { 200: ApprovalItem },
      },
    },
    ({ principal, params, body }) => approvals.decide(principal, params.id.toLowerCase(), body),
  );
}

function addRuns(server: HttpServer, control: RunControl): void {
  server.post(
    '/agent-runs/:id/stop',
    {
      config: { access: 'agent_run.stop' },
      schema: {
        summary: 'Stop a run and all that it began',
        description:
          'For the author of its trigger and for curators. It ends with what it has; 409 when it has ended before.',
        tags,
        params: ById,
        response: { 200: Ok },
      },
    },
    async ({ principal, params }) => {
      await control.stop(principal, params.id.toLowerCase());
      return { ok: true };
    },
  );
}

const DEFINITIONS: readonly (string | null)[] = [
  SCHEMAS.agent_definition,
  SCHEMAS.tool_definition,
  SCHEMAS.tool_code,
  SCHEMAS.schema_definition,
];

function addDefinitions(server: HttpServer, breadcrumbs: Breadcrumbs): void {
  server.post(
    '/definitions/:id/activate',
    {
      config: { access: 'definition.activate' },
      schema: {
        summary: 'Let a proposed definition of an agent, a tool or a schema count',
        description: 'It is taken over as it is, as a new version that a curator made.',
        tags,
        params: ById,
        response: { 200: Type.Object({ id: Uuid, version: Type.Integer() }) },
      },
    },
    async ({ principal, params }) => {
      const id = params.id.toLowerCase();
      const { schema_name, version } = await breadcrumbs.getFull(principal, id);
      if (!DEFINITIONS.includes(schema_name))
        throw new AppError('not_found', `${id} is no definition of an agent, a tool or a schema`);
      // What is activated is what was looked at: whoever changes it in between is not waved through.
      const changed = await breadcrumbs.update(principal, id, {}, version);
      return { id, version: changed.version };
    },
  );
}

function addCircuits(server: HttpServer, circuits: CircuitStore): void {
  const config = { access: 'circuit.manage' };
  server.get(
    '/model-circuits',
    {
      config,
      schema: {
        summary: 'Keys of providers whose quota or credit is used up',
        description: 'Nobody calls with them until `retry_at`. Keys go by a fingerprint.',
        tags,
        response: { 200: Type.Array(ModelCircuit) },
      },
    },
    () => circuits.list(),
  );
  server.post(
    '/model-circuits/:fingerprint/close',
    {
      config,
      schema: {
        summary: 'Let a key be used again at once',
        tags,
        params: Type.Object({ fingerprint: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
        response: { 200: Ok },
      },
    },
    async ({ params }) => {
      if (await circuits.close(params.fingerprint)) return { ok: true };
      throw new AppError('not_found', 'there is no open circuit of this key');
    },
  );
}
