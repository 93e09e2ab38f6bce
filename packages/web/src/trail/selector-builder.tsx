import { OPERATORS } from '@cairn/protocol';
import { Plus, Trash2 } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import {
  faultOfRule,
  readTags,
  selectorOf,
  type RuleText,
  type TrailSelection,
} from './read-filter.ts';

const RULES_AT_MOST = 10;
/** Typing is over after this long without a key. */
const TYPING_MS = 250;

/** Builds a selector: tags, schema and rules about the context. What it builds is also shown as JSON, for use elsewhere. */
export function SelectorBuilder({
  selection,
  onChange,
}: {
  selection: TrailSelection;
  onChange: (selection: TrailSelection) => void;
}) {
  const [rules, setRules] = useRules(selection, onChange);
  const json = JSON.stringify(selectorOf({ ...selection, rules }));
  return (
    <div className="mb-3 space-y-4 rounded-xl border border-line bg-raised p-4">
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField
          label="Schema"
          placeholder="user.message.v1"
          defaultValue={selection.schema_name}
          onBlur={(event) => onChange({ ...selection, schema_name: event.target.value.trim() })}
        />
        <TagsField
          label="With any of these tags"
          tags={selection.any_tags}
          onChange={(any_tags) => onChange({ ...selection, any_tags })}
        />
        <TagsField
          label="With all of these tags"
          tags={selection.all_tags}
          onChange={(all_tags) => onChange({ ...selection, all_tags })}
        />
      </div>
      {rules.map((rule, at) => (
        <Rule
          key={at}
          rule={rule}
          onChange={(next) => setRules(rules.with(at, next))}
          onRemove={() => setRules(rules.toSpliced(at, 1))}
        />
      ))}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          disabled={rules.length >= RULES_AT_MOST}
          onClick={() => setRules([...rules, { path: '$.', op: 'eq', value: '' }])}
        >
          <Plus className="size-4" aria-hidden />
          Rule about the context
        </Button>
        <span className="flex min-w-0 flex-1 items-center gap-1 text-2xs text-ink-faint">
          <span className="shrink-0">As a selector:</span>
          <code className="min-w-0 truncate font-mono">{json}</code>
          <CopyButton text={json} label="Copy the selector" />
        </span>
      </div>
    </div>
  );
}

/**
 * The rules as they are typed. The address is told of them when typing rests; what comes from it otherwise, such as by the
 * back button, is taken over.
 */
function useRules(
  selection: TrailSelection,
  onChange: (selection: TrailSelection) => void,
): readonly [readonly RuleText[], (rules: readonly RuleText[]) => void] {
  const given = JSON.stringify(selection.rules);
  const [own, setOwn] = useState(selection.rules);
  const [told, setTold] = useState(given);
  if (given !== told) {
    setTold(given);
    setOwn(selection.rules);
  }
  const tell = useEffectEvent(() => onChange({ ...selection, rules: own }));
  useEffect(() => {
    const text = JSON.stringify(own);
    if (text === told) return;
    const timer = setTimeout(() => {
      setTold(text);
      tell();
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [own, told]);
  return [own, setOwn];
}

function TagsField({
  label,
  tags,
  onChange,
}: {
  label: string;
  tags: readonly string[];
  onChange: (tags: readonly string[]) => void;
}) {
  const [text, setText] = useState(tags.join(' '));
  return (
    <TextField
      label={label}
      placeholder="invoice  session:42"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => onChange(readTags(text))}
      onKeyDown={(event) => event.key === 'Enter' && onChange(readTags(text))}
    />
  );
}

function Rule({
  rule,
  onChange,
  onRemove,
}: {
  rule: RuleText;
  onChange: (rule: RuleText) => void;
  onRemove: () => void;
}) {
  return (
    <div className="grid items-start gap-2 sm:grid-cols-[1fr_9rem_1fr_auto]">
      <TextField
        label="Path"
        className="font-mono text-xs"
        value={rule.path}
        error={faultOfRule(rule)}
        onChange={(event) => onChange({ ...rule, path: event.target.value })}
      />
      <SelectField
        label="Operator"
        value={rule.op}
        onChange={(event) => onChange({ ...rule, op: event.target.value })}
      >
        {OPERATORS.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </SelectField>
      <TextField
        label="Value"
        placeholder={'"text", 5, true, ["a","b"]'}
        className="font-mono text-xs"
        value={rule.value}
        onChange={(event) => onChange({ ...rule, value: event.target.value })}
      />
      <IconButton label="Remove the rule" className="sm:mt-5" onClick={onRemove}>
        <Trash2 className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}
