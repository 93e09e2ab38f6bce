import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fieldOf, textOf } from '../live/read-context.ts';
import { useSession } from '../session/session.ts';

const DEFINITION = 'schema.def.v1';
const DEFINITIONS_READ = 200;

/** What is known of one field of a schema. */
interface FieldHelp {
  readonly name: string;
  readonly type: string;
  readonly is_required: boolean;
  readonly description: string | null;
}

/** The fields that the definition of a schema names. Nothing when there is none: then any context will do. */
export function SchemaHelp({ schema_name }: { schema_name: string }) {
  const { client } = useSession();
  const definitions = useQuery({
    queryKey: ['schema_definitions'],
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      (
        await client.listBreadcrumbs(
          { schema_name: DEFINITION, limit: DEFINITIONS_READ, include_context: true },
          { signal },
        )
      ).items,
  });
  const definition = definitions.data?.find(
    ({ context }) => textOf(context, 'schema_name') === schema_name,
  );
  if (schema_name === '' || definitions.data === undefined) return null;
  if (definition === undefined) {
    return (
      <p className="text-2xs text-ink-faint">
        Nothing defines <span className="font-mono">{schema_name}</span>, so any JSON will do.
      </p>
    );
  }
  const validation = textOf(definition.context, 'validation') ?? 'off';
  return (
    <div className="rounded-lg border border-line bg-sunken p-3 text-xs">
      <p className="text-ink-soft">
        <Link
          to="/trail/$id"
          params={{ id: definition.id }}
          className="font-medium text-ink underline underline-offset-4"
        >
          {definition.title}
        </Link>{' '}
        {validation === 'enforce'
          ? 'refuses contexts that do not fit.'
          : validation === 'warn'
            ? 'reports contexts that do not fit.'
            : 'describes the context, and does not check it.'}
      </p>
      <dl className="mt-2 space-y-1">
        {fieldsOf(definition.context).map(({ name, type, is_required, description }) => (
          <div key={name} className="flex flex-wrap gap-x-2">
            <dt className="font-mono">
              {name}
              {is_required && <span title="Required"> *</span>}
            </dt>
            <dd className="text-ink-soft">
              {type}
              {description !== null && `: ${description}`}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Reads definitions of any shape: whoever may write records writes them. */
function fieldsOf(context: unknown): readonly FieldHelp[] {
  const fields =
    fieldOf(context, 'field_definitions') ?? fieldOf(fieldOf(context, 'json_schema'), 'properties');
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.entries(fields).map(([name, field]: [string, unknown]) => ({
    name,
    type: textOf(field, 'type') ?? 'any',
    is_required: fieldOf(field, 'required') === true,
    description: textOf(field, 'description'),
  }));
}
