import { expect, it } from 'vitest';
import { runBuiltinTool } from './run-builtin.ts';
import { scheduler } from './scheduler.ts';
import { testingContext } from './testing-context.ts';
import { toolConformance } from './tool.conformance.ts';

const breadcrumb = { title: 'Report', tags: ['user:message'], context: { content: 'Write it.' } };

toolConformance(scheduler, {
  valid: [
    { action: 'list' },
    { action: 'create', every_s: 60, breadcrumb },
    { action: 'create', cron: '0 9 * * *', timezone: 'Europe/Oslo', name: 'daily', breadcrumb },
    { action: 'cancel', id: 'x' },
  ],
  invalid: [
    { input: {}, message: /lacks action/ },
    { input: { action: 'create', breadcrumb }, message: /Give one of/ },
    {
      input: { action: 'create', every_s: 60, at: '2027-01-01T00:00:00Z', breadcrumb },
      message: /Give one of/,
    },
    { input: { action: 'create', every_s: 60 }, message: /which record to create/ },
    { input: { action: 'create', every_s: 1, breadcrumb }, message: /at least 10/ },
    { input: { action: 'cancel' }, message: /which schedule/ },
  ],
});

it('places a record in the conversation in which it was asked for, unless it has a place', async () => {
  const context = testingContext();
  const wanted: string[][] = [];
  const schedules = {
    ...context.schedules,
    create: (each: Parameters<typeof context.schedules.create>[0]) => {
      wanted.push(each.breadcrumb.tags);
      return context.schedules.create(each);
    },
  };
  const run = (tags: string[]) =>
    runBuiltinTool(
      scheduler,
      { action: 'create', every_s: 60, breadcrumb: { ...breadcrumb, tags } },
      { ...context, schedules },
    );
  await run(['a']);
  await run(['session:other']);
  expect(wanted).toEqual([['a', 'session:conversation-1'], ['session:other']]);
});
