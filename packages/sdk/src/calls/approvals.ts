import type { ApprovalDecision, ApprovalItem } from '@cairn/protocol';
import { pathTo, type ApiCaller } from '../call-api.ts';
import type { CallOptions, Page, PageQuery } from '../client-types.ts';

/**
 * Tool calls that wait for the consent of a person. Agents may not decide.
 *
 * @example
 * for (const { id, message } of (await client.approvals.list({ state: 'pending' })).items) {
 *   console.log(message);
 *   await client.approvals.approve(id);
 * }
 */
export class ApprovalCalls {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** One page of them, newest first. @throws CairnError */
  list(
    query: { state?: ApprovalItem['state'] } & PageQuery = {},
    options: CallOptions = {},
  ): Promise<Page<ApprovalItem>> {
    return this.#api.page(pathTo('approvals'), query, options);
  }

  /** Lets the call be made. @throws CairnError not_found, forbidden; conflict when it was decided or its time is over */
  approve(id: string, comment?: string, options: CallOptions = {}): Promise<ApprovalItem> {
    return this.#decide(id, 'approve', comment, options);
  }

  /** Does not let it be made; the comment is told to the agent. @throws CairnError as `approve` */
  deny(id: string, comment?: string, options: CallOptions = {}): Promise<ApprovalItem> {
    return this.#decide(id, 'deny', comment, options);
  }

  #decide(
    id: string,
    decision: ApprovalDecision['decision'],
    comment: string | undefined,
    options: CallOptions,
  ): Promise<ApprovalItem> {
    // Sent once: to a second try the server would say that it was decided before.
    const body = { decision, ...(comment === undefined ? {} : { comment }) };
    return this.#api.change({ method: 'POST', path: pathTo('approvals', id), body }, options);
  }
}
