import type { ProviderDimensions } from '../config.ts';
import { EMBEDDING_DIMENSIONS, EmbedderError } from '../contract.ts';

/**
 * The rows of an answer in the order of the texts, each of 384 numbers: `{data: [{index, embedding}]}`.
 * @throws EmbedderError `malformed_answer` or `wrong_dimensions`
 */
export function readEmbeddings(
  body: string,
  count: number,
  dimensions: ProviderDimensions,
  server: string,
): number[][] {
  const rows: (number[] | undefined)[] = Array.from({ length: count });
  const data = dataOf(body, server);
  if (data.length !== count) {
    throw malformed(server, `${data.length} embeddings for ${count} texts`);
  }
  for (const [position, item] of data.entries()) {
    const { index = position, embedding } = fieldsOf(item);
    if (typeof index !== 'number' || !(index in rows) || rows[index] !== undefined) {
      throw malformed(server, 'indexes that do not name each text once');
    }
    if (!Array.isArray(embedding) || !embedding.every((each) => Number.isFinite(each))) {
      throw malformed(server, 'an embedding that is not a list of numbers');
    }
    rows[index] = fit(embedding as number[], dimensions, server);
  }
  return rows.map((row) => row ?? []);
}

function dataOf(body: string, server: string): unknown[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw malformed(server, 'something that is not JSON');
  }
  const data = fieldsOf(answer)['data'];
  if (!Array.isArray(data)) throw malformed(server, 'JSON without a list "data"');
  return data;
}

function fit(row: number[], dimensions: ProviderDimensions, server: string): number[] {
  if (row.length === EMBEDDING_DIMENSIONS) return row;
  if (dimensions === 'truncate' && row.length > EMBEDDING_DIMENSIONS) {
    return row.slice(0, EMBEDDING_DIMENSIONS);
  }
  const advice =
    row.length < EMBEDDING_DIMENSIONS
      ? 'Choose a model with 384 dimensions or more.'
      : dimensions === 'request'
        ? 'It ignored the request for 384. Choose a model with 384 dimensions; if this one is documented as Matryoshka, set the provider\'s dimensions to "truncate".'
        : 'Choose a model with 384 dimensions, or set the provider\'s dimensions to "request" where the server understands that, or to "truncate" for a model documented as Matryoshka.';
  throw new EmbedderError(
    'wrong_dimensions',
    `${server} sent embeddings of ${row.length} dimensions; search keeps ${EMBEDDING_DIMENSIONS}. ${advice}`,
  );
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function malformed(server: string, what: string): EmbedderError {
  return new EmbedderError('malformed_answer', `${server} sent ${what}.`);
}
