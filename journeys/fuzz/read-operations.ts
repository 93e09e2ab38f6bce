import type { Schema } from './arbitrary-of-schema.ts';

/** One route as the OpenAPI document describes it. */
export interface Operation {
  readonly method: string;
  /** With its parameters in braces, such as `/v1/breadcrumbs/{id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Null for a route without a body. */
  readonly body: Schema | null;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

interface DescribedOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { schema?: Schema }>> };
}

/** Every route of the server that is described. */
export async function readOperations(url: string): Promise<Operation[]> {
  const response = await fetch(`${url}/openapi.json`);
  const { paths } = (await response.json()) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters: parameters ?? [],
      body: requestBody?.content?.['application/json']?.schema ?? null,
    })),
  );
}
