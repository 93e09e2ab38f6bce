import { whyNotStorable } from '../../base/index.ts';
import { McpError } from './contract.ts';
import { cleanText } from './read-tools.ts';

/** Characters of all texts of one result: what a model can read at once, and a quarter of a record. */
export const TEXT_CHARS_MAX = 200_000;
/** Characters of base64 that one record can hold. What is larger is told of, and left out. */
const DATA_CHARS_MAX = 700_000;
const PARTS_MAX = 100;

/** The result of a call as the protocol has it; nothing of it is certain. */
export interface ForeignResult {
  readonly content?: unknown;
  readonly structuredContent?: unknown;
  readonly isError?: unknown;
}

/** Bytes that came with a result: kept as a record of their own, to which the output refers. */
export interface KeptData {
  readonly mime_type: string;
  readonly data: string;
  readonly name: string | null;
}

/** What a call answers: JSON that can be stored and that a model can read. */
export interface McpOutput {
  text?: string;
  structured?: unknown;
  /** Images, sounds and files: `breadcrumb_id` names the record with their bytes, unless they were left out. */
  files?: { mime_type: string; name?: string; breadcrumb_id?: string; left_out?: string }[];
  /** Addresses of what the server would tell more about. */
  resources?: { uri: string; name?: string; mime_type?: string }[];
  /** There was more than fits. */
  is_truncated?: true;
}

/**
 * Makes JSON within limits of a tool's result. `keep` stores bytes and answers with the id of their record.
 * @throws McpError mcp_tool_error with the tool's own words when it says that it failed
 */
export async function convertResult(
  result: ForeignResult,
  keep: (data: KeptData) => Promise<string>,
): Promise<McpOutput> {
  const parts = Array.isArray(result.content) ? (result.content as unknown[]) : [];
  const reading = new ResultReader(keep);
  for (const part of parts.slice(0, PARTS_MAX)) await reading.add(part);
  if (parts.length > PARTS_MAX) reading.truncate();
  if (result.isError === true) {
    const said = reading.text() || 'it gave no reason';
    throw new McpError('mcp_tool_error', `the tool failed: ${said.slice(0, 4_000)}`);
  }
  return reading.finish(result.structuredContent);
}

class ResultReader {
  readonly #keep: (data: KeptData) => Promise<string>;
  readonly #texts: string[] = [];
  readonly #files: NonNullable<McpOutput['files']> = [];
  readonly #resources: NonNullable<McpOutput['resources']> = [];
  #room = TEXT_CHARS_MAX;
  #is_truncated = false;

  constructor(keep: (data: KeptData) => Promise<string>) {
    this.#keep = keep;
  }

  truncate(): void {
    this.#is_truncated = true;
  }

  text(): string {
    return this.#texts.join('\n');
  }

  async add(part: unknown): Promise<void> {
    if (typeof part !== 'object' || part === null) return;
    const { type, text, data, mimeType, resource, uri, name } = part as Record<string, unknown>;
    if (typeof text === 'string') return this.#addText(text);
    if (typeof data === 'string') return this.#addData(data, mimeType, name);
    if (type === 'resource_link') return this.#addLink({ uri, name, mimeType });
    if (typeof resource !== 'object' || resource === null) return;
    const inner = resource as Record<string, unknown>;
    this.#addLink(inner);
    if (typeof inner['text'] === 'string') this.#addText(inner['text']);
    if (typeof inner['blob'] === 'string')
      await this.#addData(inner['blob'], inner['mimeType'], inner['uri']);
  }

  finish(structured: unknown): McpOutput {
    const output: McpOutput = {};
    if (structured !== undefined) this.#addStructured(output, structured);
    const text = this.text();
    // Servers repeat structured content as text, for clients that know no other.
    if (text !== '' && !isSameJson(text, output.structured)) output.text = text;
    if (this.#files.length > 0) output.files = this.#files;
    if (this.#resources.length > 0) output.resources = this.#resources;
    if (this.#is_truncated) output.is_truncated = true;
    return output;
  }

  #addStructured(output: McpOutput, structured: unknown): void {
    const json = JSON.stringify(structured);
    const is_kept = json.length <= TEXT_CHARS_MAX && whyNotStorable(structured) === null;
    if (is_kept) output.structured = structured;
    // It may fit in part, and is then text, since JSON that is cut is none.
    else if (this.#texts.length === 0) this.#addText(json);
    else this.truncate();
  }

  #addText(text: string): void {
    if (text.length > this.#room) this.truncate();
    if (this.#room <= 0) return;
    const kept = cleanText(text, this.#room);
    this.#room -= kept.length;
    this.#texts.push(kept);
  }

  async #addData(data: string, mimeType: unknown, given: unknown): Promise<void> {
    const mime_type = readText(mimeType) ?? 'application/octet-stream';
    const name = readText(given);
    const about = { mime_type, ...(name === null ? {} : { name }) };
    const why = whyLeftOut(data);
    if (why !== null) this.truncate();
    const kept =
      why === null
        ? { breadcrumb_id: await this.#keep({ mime_type, data, name }) }
        : { left_out: why };
    this.#files.push({ ...about, ...kept });
  }

  #addLink({ uri, name: given, mimeType }: { uri?: unknown; name?: unknown; mimeType?: unknown }) {
    const address = readText(uri);
    if (address === null) return;
    const [name, mime_type] = [readText(given), readText(mimeType)];
    this.#resources.push({
      uri: address,
      ...(name === null ? {} : { name }),
      ...(mime_type === null ? {} : { mime_type }),
    });
  }
}

function whyLeftOut(data: string): string | null {
  if (data.length > DATA_CHARS_MAX)
    return `it has ${data.length} characters of base64, of ${DATA_CHARS_MAX} at most`;
  return /^[A-Za-z0-9+/_=-]*$/.test(data) ? null : 'its data is not base64';
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? cleanText(value, 2_000) : null;
}

function isSameJson(text: string, structured: unknown): boolean {
  if (structured === undefined) return false;
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(structured);
  } catch {
    return false;
  }
}
