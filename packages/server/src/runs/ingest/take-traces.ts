import { AppError } from '../../base/index.ts';
import { mapTraces, type MappedRun, type OtlpSpan } from '../otlp/index.ts';
import type { PrivacyPolicy } from '../privacy/index.ts';
import { mergeSpans } from './merge-spans.ts';
import type { Policies } from './policies.ts';
import type { RunWriter } from './run-writer.ts';

/** What was not stored of a request with spans. */
export interface TracesTaken {
  readonly rejected_spans: number;
  /** Why; empty when all were stored. */
  readonly message: string;
}

export interface TracesPorts {
  readonly writer: RunWriter;
  readonly policies: Policies;
  readonly privacy: PrivacyPolicy;
}

/**
 * Stores spans as steps of runs, one run for each trace. Private data is taken out rather than refused, unless the tenant
 * allows it. A trace that cannot be stored is told of, and keeps back no other.
 */
export async function takeTraces(
  owner_id: string,
  spans: readonly OtlpSpan[],
  ports: TracesPorts,
): Promise<TracesTaken> {
  const runs = await mapByPolicy(owner_id, spans, ports);
  const refusals = await Promise.all(runs.map((run) => store(owner_id, run, ports)));
  const refused = refusals.filter((each) => each !== null);
  return {
    rejected_spans: refused.reduce((sum, { n }) => sum + n, 0),
    message: refused[0]?.message ?? '',
  };
}

/** The environment of a run, on which the policy depends, is only known once it is mapped. */
async function mapByPolicy(
  owner_id: string,
  spans: readonly OtlpSpan[],
  { policies, privacy }: TracesPorts,
): Promise<MappedRun[]> {
  const careful = mapTraces(spans, { policy: 'redact' });
  const allows = await Promise.all(
    careful.map(async ({ environment }) => {
      const policy = await policies.of(owner_id, environment);
      return (policy.privacy ?? privacy) === 'allow';
    }),
  );
  if (!allows.includes(true)) return careful;
  const open = mapTraces(spans, { policy: 'allow' });
  return careful.map((run, index) => (allows[index] ? (open[index] ?? run) : run));
}

async function store(
  owner_id: string,
  run: MappedRun,
  { writer, policies }: TracesPorts,
): Promise<{ n: number; message: string } | null> {
  const { run_id, environment, steps } = run;
  const expires_on = policies.expiry(await policies.of(owner_id, environment));
  try {
    await writer.change({
      owner_id,
      run_id,
      begins: expires_on,
      needs: 'whole',
      apply: (stored, at) =>
        mergeSpans(
          run,
          {
            owner_id,
            expires_on,
          },
          stored,
          at,
        ),
    });
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { n: steps.length, message: error.message };
  }
}
