import { randomBytes, randomUUID } from 'node:crypto';
import { WELL_KNOWN } from '@cairn/protocol';

const STEP_TYPES = ['plan', 'retrieve', 'tool', 'respond', 'other'] as const;
const BEGAN_MS = 40;

/** A run of ten steps, as an agent reports it: without ids, so that each report is a run of its own. */
export function sampleRun(now_ms: number) {
  const time = (ms: number) => new Date(now_ms - 10_000 + ms).toISOString();
  return {
    agent_id: 'bench-agent',
    agent_version: '1.0.0',
    environment: 'production',
    status: 'success',
    started_at: time(0),
    ended_at: time(BEGAN_MS * 10),
    steps: Array.from({ length: 10 }, (_, seq) => ({
      seq,
      step_type: STEP_TYPES[seq % STEP_TYPES.length],
      name: `look_up_${seq}`,
      latency_ms: 20 + seq,
      started_at: time(seq * BEGAN_MS),
      ended_at: time(seq * BEGAN_MS + 20 + seq),
      metadata: { attempt: 1, rows: 12, tool_name: 'search' },
    })),
    failure: null,
  };
}

/** A plain insert with its values. */
interface PlainInsert {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The rows of such a run, each as an insert of its own: one of `runs`, ten of `run_steps`. Ids are new each time. */
export function plainInserts(run: ReturnType<typeof sampleRun>, expires_on: string): PlainInsert[] {
  const run_id = randomUUID();
  const place = [WELL_KNOWN.owner_id, run_id, expires_on];
  return [
    {
      name: 'bench_run',
      text: `insert into runs (owner_id, run_id, expires_on, agent_id, agent_version, environment, status, started_at,
          ended_at, steps_count) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 10)`,
      values: [
        ...place,
        run.agent_id,
        run.agent_version,
        run.environment,
        run.status,
        run.started_at,
        run.ended_at,
      ],
    },
    ...run.steps.map((step) => ({
      name: 'bench_step',
      text: `insert into run_steps (owner_id, run_id, expires_on, step_id, seq, step_type, name, latency_ms, started_at,
          ended_at, metadata) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      values: [
        ...place,
        randomUUID(),
        step.seq,
        step.step_type,
        step.name,
        step.latency_ms,
        step.started_at,
        step.ended_at,
        JSON.stringify(step.metadata),
      ],
    })),
  ];
}

/** An export of OpenTelemetry in JSON: traces of ten spans each, as an agent's calls of a model and of tools are. */
export function sampleTraces(traces: number, now_ms: number) {
  const nanos = (ms: number) => `${BigInt(Math.round(now_ms - 10_000 + ms)) * 1_000_000n}`;
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const count = (key: string, value: number) => ({ key, value: { intValue: `${value}` } });
  const spans = Array.from({ length: traces }, () => {
    const traceId = randomBytes(16).toString('hex');
    const root = randomBytes(8).toString('hex');
    return Array.from({ length: 10 }, (_, n) => ({
      traceId,
      spanId: n === 0 ? root : randomBytes(8).toString('hex'),
      ...(n === 0 ? {} : { parentSpanId: root }),
      name: n === 0 ? 'invoke_agent bench' : n % 2 === 0 ? 'chat model-1' : 'execute_tool search',
      kind: 1,
      startTimeUnixNano: nanos(n * 20),
      endTimeUnixNano: nanos(n === 0 ? 300 : n * 20 + 15),
      status: { code: 1 },
      attributes:
        n === 0
          ? [text('gen_ai.operation.name', 'invoke_agent'), text('gen_ai.agent.name', 'bench')]
          : n % 2 === 0
            ? [
                text('gen_ai.operation.name', 'chat'),
                text('gen_ai.request.model', 'model-1'),
                count('gen_ai.usage.input_tokens', 1_200),
                count('gen_ai.usage.output_tokens', 300),
              ]
            : [text('gen_ai.operation.name', 'execute_tool'), text('gen_ai.tool.name', 'search')],
    }));
  }).flat();
  const resource = { attributes: [text('service.name', 'bench'), text('service.version', '1')] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans }] }] };
}
