import { SCHEMAS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../base/index.ts';
import { breadcrumbCreate } from './breadcrumb-create.ts';
import { ToolInputError } from './contract.ts';
import { runBuiltinTool } from './run-builtin.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

const note = { title: 'Budget', context: { total: 2340 }, tags: ['note'] };

toolConformance(breadcrumbCreate, {
  valid: [
    note,
    { ...note, schema_name: 'note.v1' },
    { ...note, schema_name: null },
    { ...note, schema_name: '' },
    { title: 'x'.repeat(255), context: {}, tags: [] },
  ],
  invalid: [
    { input: {}, message: /input lacks title, context, tags/ },
    { input: { ...note, title: '' }, message: /input\.title must be text of at least 1 character/ },
    { input: { ...note, title: 'x'.repeat(256) }, message: /at most 255 characters/ },
    { input: { ...note, context: 'text' }, message: /input\.context must be an object/ },
    { input: { ...note, context: [] }, message: /input\.context must be an object; a list/ },
    { input: { ...note, context: null }, message: /input\.context must be an object; null came/ },
    { input: { ...note, tags: 'note' }, message: /input\.tags must be a list/ },
    { input: { ...note, tags: [''] }, message: /input\.tags\.0 must be text of at least 1/ },
    { input: { ...note, tags: Array(101).fill('a') }, message: /at most 100 items; a list of 101/ },
    { input: { ...note, schema_name: 'x'.repeat(101) }, message: /at most 100 characters/ },
    { input: { ...note, context: { text: 'a\0' } }, message: /context\.text contains a NUL/ },
    { input: { ...note, context: nested(100) }, message: /nested deeper than 64 levels/ },
    { input: { ...note, visibility: 'public' }, message: /no field "visibility"/ },
  ],
});

function nested(levels: number): object {
  return levels === 0 ? {} : { in: nested(levels - 1) };
}

describe('what it stores', () => {
  it('is what was given, with each tag once', async () => {
    const context = testingContext();
    const input = { ...note, tags: ['note', 'a', 'note'], schema_name: 'note.v1' };
    const answer = await breadcrumbCreate.execute(input, context);
    expect(context.breadcrumbs.rows).toMatchObject([
      { ...answer, title: 'Budget', context: { total: 2340 }, tags: ['note', 'a'] },
    ]);
    expect(answer).toEqual({ id: expect.any(String), version: 1 });
  });

  it('is nothing when the run was stopped', async () => {
    const context = testingContext({ signal: AbortSignal.abort() });
    await expect(breadcrumbCreate.execute(note, context)).rejects.toThrow('aborted');
    expect(context.breadcrumbs.rows).toEqual([]);
  });

  it.each([...Object.values(SCHEMAS), ' tool.v1 ', 'Agent.Def.V1'])(
    'is never a %s, which the platform acts upon',
    async (schema_name) => {
      const context = testingContext();
      const refused = breadcrumbCreate.execute({ ...note, schema_name }, context);
      await expect(refused).rejects.toThrow(ToolInputError);
      await expect(refused).rejects.toThrow('is kept for the platform');
      expect(context.breadcrumbs.rows).toEqual([]);
    },
  );

  it.each(['user:message', 'tool:request', 'tool:response', 'agent:def', 'request:r-1'])(
    'never has the tag %s, by which selectors may take it for one',
    async (tag) => {
      const context = testingContext();
      const refused = breadcrumbCreate.execute({ ...note, tags: ['note', tag] }, context);
      await expect(refused).rejects.toThrow(`The tag "${tag}" is kept for the platform`);
      expect(context.breadcrumbs.rows).toEqual([]);
    },
  );
});

it('passes on why the store refused', async () => {
  const context = testingContext();
  const create = () => Promise.reject(new AppError('forbidden', 'This agent may only read.'));
  const breadcrumbs = { create, list: async () => [] };
  const result = await runBuiltinTool(breadcrumbCreate, note, { ...context, breadcrumbs });
  expect(result).toEqual({
    status: 'error',
    error: 'breadcrumb_create was refused: This agent may only read.',
    error_class: 'forbidden',
  });
});
