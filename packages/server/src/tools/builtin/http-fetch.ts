import { Type, type Static } from 'typebox';
import { ToolInputError, type BuiltinTool } from './contract.ts';

/** Bytes of an answer that are kept: enough for most pages, and it fits a record. */
const BODY_BYTES = 262_144;
const REQUEST_CHARS = 65_536;
/** Headers of an answer that say something to whoever reads it. */
const SHOWN = [
  'content-type',
  'content-length',
  'last-modified',
  'etag',
  'location',
  'retry-after',
  'link',
];
/** Headers that are ours to set. */
const OURS =
  /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|proxy-.*)$/i;

const input_schema = Type.Object(
  {
    url: Type.String({ maxLength: 4_000, description: 'The address, https:// or http://.' }),
    method: Type.Optional(Type.Enum(['GET', 'POST'], { description: 'GET when absent.' })),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 4_000 }), {
        maxProperties: 30,
        description: 'Headers to send.',
      }),
    ),
    body: Type.Optional(
      Type.Unknown({ description: 'Of a POST: text as it is, anything else as JSON.' }),
    ),
    timeout_s: Type.Optional(
      Type.Number({ minimum: 0.1, maximum: 60, description: 'How long to wait, 20 when absent.' }),
    ),
  },
  { additionalProperties: false },
);

const output_schema = Type.Object({
  status: Type.Integer({ description: 'The HTTP status; 400 and above are answers too.' }),
  headers: Type.Record(Type.String(), Type.String(), { description: 'The headers worth knowing.' }),
  body: Type.String({ description: 'The text of the answer, up to 256 KiB.' }),
  json: Type.Optional(Type.Unknown({ description: 'The answer, where it is JSON.' })),
  is_truncated: Type.Boolean({ description: 'The answer was longer than what is kept.' }),
});

/** Fetches from hosts that the administrator allows. It follows no redirect: `location` says where it would lead. */
export const httpFetch: BuiltinTool<Static<typeof input_schema>, Static<typeof output_schema>> = {
  name: 'http_fetch',
  description:
    'Reads an address on the web, or posts to it. Use it for an API or a page whose address you know. ' +
    'Only hosts that the administrator of this server allows are reached, and no redirect is followed. ' +
    'Example: {"url": "https://api.example.com/v1/items?limit=2"} answers {"status": 200, "json": […], …}.',
  input_schema,
  output_schema,
  async execute({ url, method = 'GET', headers = {}, body, timeout_s = 20 }, context) {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    if (sent !== undefined && method === 'GET')
      throw new ToolInputError('A GET has no body; use "method": "POST".');
    if (sent !== undefined && sent.length > REQUEST_CHARS)
      throw new ToolInputError(`The body is longer than ${REQUEST_CHARS} characters.`);
    const answer = await context.fetch(url, {
      method,
      headers: {
        ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
        ...readHeaders(headers),
      },
      ...(sent === undefined ? {} : { body: sent }),
      timeout_ms: timeout_s * 1_000,
      response_bytes_max: BODY_BYTES,
    });
    const text = answer.body.toString('utf8').replaceAll('\0', '\uFFFD');
    const shown = SHOWN.flatMap((name) => {
      const value = answer.headers[name];
      return value === undefined ? [] : [[name, String(value).slice(0, 1_000)]];
    });
    const json = answer.is_truncated ? undefined : readJson(text, answer.headers['content-type']);
    return {
      status: answer.status,
      headers: Object.fromEntries(shown) as Record<string, string>,
      body: json === undefined ? text : '',
      ...(json === undefined ? {} : { json }),
      is_truncated: answer.is_truncated,
    };
  },
};

/** @throws ToolInputError */
function readHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new ToolInputError(`The header ${JSON.stringify(name.slice(0, 100))} cannot be sent.`);
    if (OURS.test(name)) throw new ToolInputError(`The header ${name} is set by the server.`);
  }
  return { ...headers };
}

function readJson(text: string, type: string | undefined): unknown {
  if (!type || !/[/+]json\b/.test(type)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
