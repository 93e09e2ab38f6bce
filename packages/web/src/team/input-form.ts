import { fieldOf, textOf } from '../live/read-context.ts';

/** A field of a form that a JSON Schema describes. */
export interface InputField {
  readonly name: string;
  readonly label: string;
  readonly description: string | null;
  readonly kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  readonly is_required: boolean;
  /** Of a choice, as JSON. */
  readonly choices: readonly string[];
  /** What it begins with, as text. */
  readonly initial: string;
}

const FIELDS_AT_MOST = 40;

/** The fields of an object's schema; null when the schema is none that a form can show, so JSON is to be written. */
export function fieldsOfSchema(schema: unknown): readonly InputField[] | null {
  const properties = fieldOf(schema, 'properties');
  if (typeof properties !== 'object' || properties === null) {
    return fieldOf(schema, 'type') === 'object' ? [] : null;
  }
  const entries = Object.entries(properties);
  if (entries.length > FIELDS_AT_MOST) return null;
  const required = fieldOf(schema, 'required');
  return entries.map(([name, property]: [string, unknown]) => ({
    name,
    label: textOf(property, 'title') ?? name,
    description: textOf(property, 'description'),
    kind: kindOf(property),
    is_required: Array.isArray(required) && required.includes(name),
    choices: choicesOf(property).map((each) => JSON.stringify(each)),
    initial: initialOf(property),
  }));
}

/** The input that the texts of a form make. A field that was left empty is left out. */
export function inputOfTexts(
  fields: readonly InputField[],
  texts: Readonly<Record<string, string>>,
):
  | { readonly input: Readonly<Record<string, unknown>> }
  | { readonly faults: Readonly<Record<string, string>> } {
  const faults: Record<string, string> = {};
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const text = texts[field.name] ?? '';
    if (text === '') {
      if (field.is_required && field.kind !== 'text') faults[field.name] = 'This is needed';
      // An empty text is a text: a tool may want one.
      else if (field.is_required) input[field.name] = '';
      continue;
    }
    const read = valueOf(field, text);
    if ('fault' in read) faults[field.name] = read.fault;
    else input[field.name] = read.value;
  }
  return Object.keys(faults).length > 0 ? { faults } : { input };
}

function valueOf(
  field: InputField,
  text: string,
): { readonly value: unknown } | { readonly fault: string } {
  if (field.kind === 'text') return { value: text };
  if (field.kind === 'number') {
    const value = Number(text);
    return Number.isFinite(value) ? { value } : { fault: 'This is no number' };
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: 'This is no JSON' };
  }
}

function kindOf(property: unknown): InputField['kind'] {
  if (choicesOf(property).length > 0) return 'choice';
  const type = fieldOf(property, 'type');
  if (type === 'string') return 'text';
  if (type === 'number' || type === 'integer') return 'number';
  return type === 'boolean' ? 'boolean' : 'json';
}

function choicesOf(property: unknown): readonly unknown[] {
  const choices = fieldOf(property, 'enum');
  return Array.isArray(choices) ? choices : [];
}

function initialOf(property: unknown): string {
  const initial = fieldOf(property, 'default');
  if (initial === undefined) return '';
  return kindOf(property) === 'text' && typeof initial === 'string'
    ? initial
    : JSON.stringify(initial);
}
