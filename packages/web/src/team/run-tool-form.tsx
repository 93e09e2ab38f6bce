import { Link } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { useMemo, useState } from 'react';
import { fieldOf, numberOf, textOf } from '../live/read-context.ts';
import { JsonView } from '../trail/json-view.tsx';
import { StatusBadge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { SelectField, TextArea, TextField } from '../ui/field.tsx';
import { formatDuration } from '../ui/format-time.ts';
import { Card } from '../ui/page.tsx';
import { fieldsOfSchema, inputOfTexts, type InputField } from './input-form.ts';
import { useRunTool, type ToolCallState } from './run-tool.ts';

/** Runs a tool with an input that is filled in here: a form where its schema can be one, else JSON. */
export function RunTool({ tool, schema }: { tool: string; schema: unknown }) {
  const fields = useMemo(() => fieldsOfSchema(schema), [schema]);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries((fields ?? []).map(({ name, initial }) => [name, initial])),
  );
  const [json, setJson] = useState('{}');
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const { state, run } = useRunTool(tool);
  const start = () => {
    const read = fields === null ? inputOfJson(json) : inputOfTexts(fields, texts);
    setFaults('faults' in read ? read.faults : {});
    if ('input' in read) void run(read.input);
  };
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      {fields === null ? (
        <TextArea
          label="Input as JSON"
          value={json}
          error={faults['json'] ?? null}
          onChange={(event) => setJson(event.target.value)}
        />
      ) : (
        fields.map((field) => (
          <Field
            key={field.name}
            field={field}
            text={texts[field.name] ?? ''}
            fault={faults[field.name] ?? null}
            onChange={(text) => setTexts((known) => ({ ...known, [field.name]: text }))}
          />
        ))
      )}
      <Button look="primary" type="submit" disabled={state.phase === 'waiting'}>
        <Play className="size-4" aria-hidden />
        {state.phase === 'waiting' ? 'Running…' : 'Run'}
      </Button>
      <Outcome state={state} />
    </form>
  );
}

function inputOfJson(text: string) {
  try {
    return { input: JSON.parse(text) as unknown };
  } catch {
    return { faults: { json: 'This is no JSON' } };
  }
}

function Field({
  field,
  text,
  fault,
  onChange,
}: {
  field: InputField;
  text: string;
  fault: string | null;
  onChange: (text: string) => void;
}) {
  const label = field.is_required ? `${field.label} *` : field.label;
  const shared = {
    label,
    error: fault,
    value: text,
    ...(field.description === null ? {} : { hint: field.description }),
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  if (field.kind === 'json') return <TextArea placeholder="JSON" {...shared} />;
  if (field.kind === 'choice' || field.kind === 'boolean') {
    const choices = field.kind === 'boolean' ? ['true', 'false'] : field.choices;
    return (
      <SelectField {...shared}>
        <option value="">–</option>
        {choices.map((each) => (
          <option key={each} value={each}>
            {each.replace(/^"(.*)"$/, '$1')}
          </option>
        ))}
      </SelectField>
    );
  }
  return <TextField {...(field.kind === 'number' ? { inputMode: 'decimal' } : {})} {...shared} />;
}

function Outcome({ state }: { state: ToolCallState }) {
  if (state.phase === 'failed') {
    return <ErrorNotice title="The tool was not called" error={state.error} />;
  }
  if (state.phase !== 'answered') return null;
  const { context, response_id } = state;
  const error = textOf(context, 'error');
  const took = numberOf(context, 'execution_time_ms');
  return (
    <Card>
      <div data-testid="tool-outcome" className="mb-2 flex items-center gap-3">
        <StatusBadge tone={error === null ? 'good' : 'bad'}>
          {error === null ? 'Succeeded' : 'Failed'}
        </StatusBadge>
        {took !== null && (
          <span className="text-2xs text-ink-faint tabular-nums">{formatDuration(took)}</span>
        )}
        <Link
          to="/trail/$id"
          params={{ id: response_id }}
          className="ml-auto text-xs text-ink-soft underline underline-offset-4"
        >
          its breadcrumb
        </Link>
      </div>
      {error === null ? (
        <JsonView value={fieldOf(context, 'output') ?? null} />
      ) : (
        <p className="text-sm break-words whitespace-pre-wrap text-bad">{error}</p>
      )}
    </Card>
  );
}
