import type { BreadcrumbCreate } from '@cairn/protocol';

/** The record that is written and read: what an agent would note after a step, of a middling size. */
export function sampleBody(title = 'Deployment of the billing service'): BreadcrumbCreate {
  return {
    title,
    schema_name: 'bench.note.v1',
    tags: ['workspace:bench', 'kind:note', 'service:billing'],
    context: {
      summary:
        'Version 4.12.3 is live in both regions; error rate and latency stayed within bounds.',
      author: 'release-agent',
      confidence: 0.93,
      steps: [
        { name: 'build', state: 'done', took_ms: 48_210 },
        { name: 'canary', state: 'done', took_ms: 301_877 },
        { name: 'rollout', state: 'done', took_ms: 122_004 },
      ],
      links: { run: 'run-01JD3VZ6', change: 'change-4711' },
      is_final: true,
    },
  };
}

/** Bytes of a value as compact JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
