import { SCHEMAS } from '@cairn/protocol';
import { fieldOf, textOf, type LiveRecord } from '@cairn/web';

/** A tool call that waits, or waited, for the consent of a person. */
export interface Approval {
  readonly id: string;
  /** The breadcrumb of the request. */
  readonly breadcrumb_id: string;
  readonly run_id: string | null;
  readonly tool: string;
  readonly input: unknown;
  readonly message: string;
  /** In milliseconds; null where the request names no time. */
  readonly expires_at: number | null;
  readonly decision: 'approve' | 'deny' | null;
}

/** The requests for consent of a conversation, oldest first, each with what was decided. */
export function approvalsIn(records: readonly LiveRecord[]): readonly Approval[] {
  const decisions = new Map<string, Approval['decision']>();
  for (const { schema_name, context } of records) {
    if (schema_name !== SCHEMAS.approval_response) continue;
    const id = textOf(context, 'approval_id');
    const decision = textOf(context, 'decision');
    if (id !== null && (decision === 'approve' || decision === 'deny')) decisions.set(id, decision);
  }
  return records.flatMap(({ id: breadcrumb_id, schema_name, context, title }) => {
    const id = textOf(context, 'approval_id');
    if (schema_name !== SCHEMAS.approval_request || id === null) return [];
    const expires_at = Date.parse(textOf(context, 'expires_at') ?? '');
    return [
      {
        id,
        breadcrumb_id,
        run_id: textOf(context, 'run_id'),
        tool: textOf(context, 'tool') ?? 'unknown tool',
        input: fieldOf(context, 'input') ?? null,
        message: textOf(context, 'message') ?? title,
        expires_at: Number.isFinite(expires_at) ? expires_at : null,
        decision: decisions.get(id) ?? null,
      },
    ];
  });
}
