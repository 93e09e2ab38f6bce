import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import canonicalize from 'canonicalize';
import { Value } from 'typebox/value';
import {
  checkJsonSchema,
  SCHEMA_LIMITS,
  type CheckedSchema,
  type SafeSchema,
} from './check-json-schema.ts';
import { explainMisfit, type Misfit } from './explain-misfit.ts';
import { fieldsToJsonSchema } from './fields-to-json-schema.ts';
import { LinearPattern } from './linear-pattern.ts';
import { readTtlPolicy, type TtlPolicy } from './read-ttl-policy.ts';
import {
  SchemaDefinitionContext,
  SchemaDefinitionError,
  VALIDATIONS,
  type Validation,
} from './schema-definition.ts';

/** A definition made ready for use. */
export interface CompiledDefinition {
  /** What to do with a context that does not fit. */
  readonly validation: Validation;
  /** Where a context does not fit, at most MISFITS_MAX places; none when validation is off. */
  validate(context: unknown): readonly Misfit[];
  /** The default hints of the schema's records, or null. */
  readonly hints: unknown;
  /** How long the schema's records live, or null. */
  readonly ttl_policy: TtlPolicy | null;
}

/** Misfits that are told at most. */
const MISFITS_MAX = 20;
/** Values in a context up to which all of its misfits are looked for; in a larger one only the first is. */
const VALUES_FOR_ALL_MISFITS = 5_000;
/** Checks of a plain keyword in one context: a few tenths of a second. */
const CHECKS_MAX = 20_000_000;
/** Steps of all patterns over one context. */
const PATTERN_STEPS = 2_000_000;

/**
 * Compiles the context of a `schema.def.v1` record. `record_hints` are the `llm_hints` of the record itself, which
 * stand for the schema's where the context names none.
 *
 * Definitions are compiled as they are written, by anyone who may write a record. Only known keywords reach the validator, no reference leaves
 * the schema, patterns are matched in linear time, and sizes are limited (SCHEMA_LIMITS), so that neither compiling nor
 * validating takes long.
 * @throws SchemaDefinitionError when validation is asked for and the definition cannot be used.
 */
export function compileSchemaDefinition(
  context: unknown,
  record_hints: unknown = null,
): CompiledDefinition {
  const fields = isObject(context) ? context : {};
  const validation = readValidation(fields['validation']);
  return {
    validation,
    validate: validation === 'off' ? () => [] : compileValidator(context),
    hints: fields['llm_hints'] ?? record_hints ?? null,
    ttl_policy: readTtlPolicy(fields['lifecycle']),
  };
}

function readValidation(value: unknown): Validation {
  if (value === undefined || value === null) return 'off';
  const known = VALIDATIONS.find((each) => each === value);
  if (known) return known;
  throw new SchemaDefinitionError(`has a validation that is not one of ${VALIDATIONS.join(', ')}`);
}

type Validator = CompiledDefinition['validate'];

function compileValidator(context: unknown): Validator {
  if (!Value.Check(SchemaDefinitionContext, context)) {
    const [error] = Value.Errors(SchemaDefinitionContext, context);
    const at = error?.instancePath.slice(1, 200).replaceAll('/', '.') || 'a context';
    throw new SchemaDefinitionError(`has ${at} that is not well formed: ${error?.message ?? ''}`);
  }
  const { field_definitions, json_schema } = context;
  if (JSON.stringify([field_definitions, json_schema]).length > SCHEMA_LIMITS.chars) {
    throw new SchemaDefinitionError(`is longer than ${SCHEMA_LIMITS.chars} characters`);
  }
  const schemas: CheckedSchema[] = [];
  if (field_definitions) {
    schemas.push(checkJsonSchema(fieldsToJsonSchema(field_definitions), 'field_definitions'));
  }
  if (json_schema !== undefined) schemas.push(checkJsonSchema(json_schema, 'json_schema'));
  return schemas.length > 0 ? validatorOf(schemas) : () => [];
}

function validatorOf(checked: readonly CheckedSchema[]): Validator {
  const schema = { allOf: checked.map((each) => each.schema) };
  const values_max = CHECKS_MAX / checked.reduce((sum, { cost }) => sum + cost, 0);
  let steps_left = 0;
  const pay = (steps: number): void => {
    steps_left -= steps;
    if (steps_left < 0) throw new TooLong();
  };
  let first: ValidateFunction;
  try {
    first = compile(schema, false, pay);
  } catch (error) {
    throw new SchemaDefinitionError(
      'has a schema whose keywords contradict each other or cannot be compiled',
      { cause: error },
    );
  }
  let all: ValidateFunction | undefined;
  return (context) => {
    if (!hasAtMost(values_max, context)) return [TOO_MANY_VALUES];
    steps_left = PATTERN_STEPS;
    try {
      if (first(context)) return [];
      let { errors } = first;
      if (hasAtMost(Math.min(values_max, VALUES_FOR_ALL_MISFITS), context)) {
        all ??= compile(schema, true, pay);
        all(context);
        ({ errors } = all);
      }
      return explain(errors ?? [], context);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      return [TOO_LONG_TEXTS];
    }
  };
}

const TOO_MANY_VALUES: Misfit = {
  path: '',
  message: 'expected fewer values: so many take too long to check against a schema of this size',
};
const TOO_LONG_TEXTS: Misfit = {
  path: '',
  message: 'expected shorter texts: these take too long to match patterns',
};

/** Stand for a context that was too large to be checked: it may fit. */
export const UNCHECKED: ReadonlySet<Misfit> = new Set([TOO_MANY_VALUES, TOO_LONG_TEXTS]);

/** The texts of a context are too long for the patterns of its definition. */
class TooLong extends Error {}

function compile(
  schema: SafeSchema,
  allErrors: boolean,
  pay: (steps: number) => void,
): ValidateFunction {
  const toPattern = (source: string) => {
    const pattern = new LinearPattern(source);
    return {
      test: (text: string) => pattern.test(text, pay),
      // The validator tells patterns apart by their text.
      toString: () => source,
    };
  };
  const ajv = new Ajv2020({
    allErrors,
    verbose: true,
    strict: false,
    logger: false,
    // The schema was checked and is no schema of schemas.
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    ownProperties: true,
    code: { regExp: Object.assign(toPattern, { code: 'toPattern' }) },
  });
  addFormats.default(ajv, { mode: 'full', formats: ['date-time', 'date', 'time', 'uuid'] });
  // The validator's own compares every element with every other.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (is_asked: boolean, items: unknown[]) =>
      !is_asked || new Set(items.map((each) => canonicalize(each))).size === items.length,
  });
  return ajv.compile(schema);
}

function explain(errors: readonly ErrorObject[], context: unknown): Misfit[] {
  // Each alternative that does not fit reports its own faults; that none fits says it all.
  const told = errors.filter(
    ({ schemaPath, keyword }) => !/\/(anyOf|oneOf|not|if)\/./.test(schemaPath) && keyword !== 'if',
  );
  const misfits = new Map<string, Misfit>();
  for (const error of told.length > 0 ? told : errors) {
    if (misfits.size === MISFITS_MAX) break;
    const misfit = explainMisfit(error, context);
    misfits.set(`${misfit.path}\n${misfit.message}`, misfit);
  }
  return [...misfits.values()];
}

/** Whether a value has at most so many values in it, itself counted. */
function hasAtMost(limit: number, value: unknown): boolean {
  const waiting = [value];
  let seen = 1;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (typeof at !== 'object' || at === null) continue;
    const values = Object.values(at);
    seen += values.length;
    if (seen > limit) return false;
    for (const each of values) waiting.push(each);
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
