import type { ComponentProps } from 'react';
import { SelectField } from '../ui/field.tsx';
import { labelOf } from './agent-names.ts';
import { useAgents, useDefinitions } from './use-agents.ts';

const CHOICES_AT_MOST = 500;

/** Chooses one of the agents. Very many are cut off, those with a name come first; the chosen one is always there. */
export function AgentField({
  value,
  ...rest
}: Omit<ComponentProps<typeof SelectField>, 'children'> & { value: string }) {
  const { agents } = useAgents();
  const definitions = useDefinitions();
  const ids = agents?.slice(0, CHOICES_AT_MOST).map(({ id }) => id) ?? [];
  const choices = value === '' || ids.includes(value) ? ids : [value, ...ids];
  return (
    <SelectField value={value} {...rest}>
      {value === '' && <option value="">Choose an agent</option>}
      {choices.map((id) => (
        <option key={id} value={id}>
          {labelOf(id, definitions).name}
        </option>
      ))}
    </SelectField>
  );
}
