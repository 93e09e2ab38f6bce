import { messageOf } from '../../base/index.ts';
import { McpError } from './contract.ts';
import { cleanText } from './read-tools.ts';

/** Of what a stranger says about a failure. */
const WORDS_MAX = 500;

/** What a failure means for the connection that it happened on. */
export interface Explained {
  readonly error: McpError;
  /** Nothing more can be asked over this connection. */
  readonly is_over: boolean;
}

/**
 * What the client library threw, as one of our classes. Its own codes are texts: the library is not loaded here.
 * `why_over` says why the connection ended, when it has.
 */
export function explainFailure(
  server: string,
  thrown: unknown,
  { signal, why_over }: { signal?: AbortSignal | undefined; why_over?: string | null } = {},
): Explained {
  const over = (message: string) => ({
    error: new McpError('mcp_connection_lost', `the MCP server ${server} ${message}`, thrown),
    is_over: true,
  });
  const stays = (error: McpError) => ({ error, is_over: false });
  if (thrown instanceof McpError) return stays(thrown);
  if (signal?.aborted && !why_over) return stays(whyStopped(server, signal));
  const { code, status } = readCodes(thrown);
  if (code === 'REQUEST_TIMEOUT')
    return stays(
      new McpError('mcp_timeout', `the MCP server ${server} did not answer in time`, thrown),
    );
  if (why_over) return over(why_over);
  if (code === 'CONNECTION_CLOSED' || code === 'NOT_CONNECTED') return over('ended the connection');
  if (status === 401 || status === 403)
    return stays(
      new McpError(
        'mcp_refused',
        `the MCP server ${server} refused the call: HTTP ${status}`,
        thrown,
      ),
    );
  // Of a session that the server has forgotten, for instance because it was started anew.
  if (status !== null) return over(`answered HTTP ${status}`);
  const said = cleanText(messageOf(thrown), WORDS_MAX);
  if (code !== null)
    return stays(
      new McpError(
        'mcp_protocol',
        `the MCP server ${server} answered with an error: ${said}`,
        thrown,
      ),
    );
  return over(`cannot be reached: ${said}`);
}

function whyStopped(server: string, { reason }: AbortSignal): McpError {
  const is_late = reason instanceof DOMException && reason.name === 'TimeoutError';
  return is_late
    ? new McpError('mcp_timeout', `the MCP server ${server} did not answer in time`, reason)
    : new McpError('mcp_cancelled', `the call of the MCP server ${server} was given up`, reason);
}

/** `code` is a text of the library or a number of JSON-RPC. */
function readCodes(thrown: unknown): { code: string | number | null; status: number | null } {
  if (typeof thrown !== 'object' || thrown === null) return { code: null, status: null };
  const { code, status, name } = thrown as { code?: unknown; status?: unknown; name?: unknown };
  // Codes such as ECONNREFUSED are the system's, and speak of the connection.
  const is_ours = name !== 'OutboundError' && !(typeof code === 'string' && /^E[A-Z]+$/.test(code));
  return {
    code: is_ours && (typeof code === 'string' || typeof code === 'number') ? code : null,
    status: typeof status === 'number' ? status : null,
  };
}
