import type { McpFailure, McpToolItem } from '@cairn/protocol';
import { ToolInputError } from '../builtin/index.ts';

/** The client library. It is loaded when the first server is connected to, not before. */
export type McpSdk = typeof import('@modelcontextprotocol/client');
export type FetchLike = import('@modelcontextprotocol/client').FetchLike;

/** How a server is reached. */
export type McpReach =
  | {
      readonly type: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** The whole environment of the process, besides what every program needs to find others. */
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    }
  | {
      readonly type: 'http';
      readonly url: string;
      /** Read at each connection, so that a secret that was changed counts. @throws McpError mcp_refused */
      readonly headers: () => Promise<Record<string, string>>;
      readonly fetch: FetchLike;
    };

/** A server that is to be connected to. */
export interface McpServerSpec {
  readonly name: string;
  /** The tenants whose principals may use it. */
  readonly owners: readonly string[];
  readonly reach: McpReach;
}

/** A server's tools as they were listed, within limits. */
export interface McpToolList {
  readonly tools: readonly McpToolItem[];
  readonly left_out: number;
}

/** What is to be told of a server that has connected, or that could not. */
export type McpReport =
  | { readonly state: 'ready'; readonly protocol_version: string; readonly list: McpToolList }
  | { readonly state: 'failed'; readonly error: McpError };

/** A failure of a server or of a call: a class for programs, and a sentence that models and people are shown. */
export class McpError extends ToolInputError {
  declare readonly error_class: McpFailure;

  constructor(error_class: McpFailure, message: string, cause?: unknown) {
    super(`${message} (${error_class})`, error_class);
    if (cause !== undefined) this.cause = cause;
  }
}
