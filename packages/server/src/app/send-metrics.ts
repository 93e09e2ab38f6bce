import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../base/index.ts';
import type { ReportCounts } from '../runs/index.ts';

/** Answers `/metrics`: as Prometheus reads them, or to who asks for JSON the counts of reports, as the original has them. */
export async function sendMetrics(
  request: Pick<FastifyRequest, 'headers'>,
  reply: Pick<FastifyReply, 'type' | 'send'>,
  metrics: Metrics,
  counts: ReportCounts | null,
): Promise<unknown> {
  if (counts && request.headers.accept?.includes('application/json')) {
    reply.type('application/json; charset=utf-8');
    return reply.send(JSON.stringify(counts.toJson()));
  }
  const { text, content_type } = await metrics.collect();
  reply.type(content_type);
  return reply.send(text);
}
