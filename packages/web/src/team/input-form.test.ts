import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsOfSchema, inputOfTexts } from './input-form.ts';

const SCHEMA = {
  type: 'object',
  required: ['expression', 'digits', 'label'],
  properties: {
    expression: { type: 'string', description: 'What to work out' },
    digits: { type: 'integer', default: 2 },
    unit: { enum: ['m', 'km'] },
    exact: { type: 'boolean' },
    items: { type: 'array' },
    label: { type: 'string', title: 'Label' },
  },
};
const fields = fieldsOfSchema(SCHEMA) ?? [];

describe('a form made of a schema', () => {
  it('has a field for each property, of the kind that fits', () => {
    expect(fields.map(({ name, kind, initial }) => [name, kind, initial])).toEqual([
      ['expression', 'text', ''],
      ['digits', 'number', '2'],
      ['unit', 'choice', ''],
      ['exact', 'boolean', ''],
      ['items', 'json', ''],
      ['label', 'text', ''],
    ]);
    expect(fields[2]?.choices).toEqual(['"m"', '"km"']);
    expect(fields[5]?.label).toBe('Label');
  });

  it('makes an input of what was filled in, each value of its kind', () => {
    const texts = { expression: '1+1', digits: '3', unit: '"km"', exact: 'true', items: '[1]' };
    expect(inputOfTexts(fields, texts)).toEqual({
      input: { expression: '1+1', digits: 3, unit: 'km', exact: true, items: [1], label: '' },
    });
  });

  it('says what is needed and what cannot be read', () => {
    expect(inputOfTexts(fields, { expression: 'x', items: '[' })).toEqual({
      faults: { digits: 'This is needed', items: 'This is no JSON' },
    });
    expect(inputOfTexts(fields, { digits: 'many' })).toEqual({
      faults: { digits: 'This is no number' },
    });
  });

  it('is none for a schema that it does not know', () => {
    expect(fieldsOfSchema({ anyOf: [{ type: 'string' }] })).toBeNull();
    expect(fieldsOfSchema({ type: 'object' })).toEqual([]);
    fc.assert(fc.property(fc.jsonValue(), (schema) => void fieldsOfSchema(schema)));
  });
});
