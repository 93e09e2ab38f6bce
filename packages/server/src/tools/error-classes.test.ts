import { TOOL_ERROR_CLASSES } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { AppError, newId } from '../base/index.ts';
import { OutboundError } from '../http/index.ts';
import { ToolInputError, type BuiltinTool } from './builtin/index.ts';
import { builtinThat, codeBody, definitionBody, openTestTools } from './testing.ts';

/** What a tool answers that does this. */
async function askFor(execute: BuiltinTool['execute']) {
  const tools = await openTestTools({ builtins: [builtinThat('probe', execute)] });
  await tools.breadcrumbs.create(tools.curator, definitionBody('probe'));
  return tools.ask('probe');
}

const throwing = (thrown: Error) => askFor(async () => Promise.reject(thrown));

describe('the class of a failure', () => {
  it.each([
    ['invalid_input', new ToolInputError('no such unit')],
    ['unavailable', new ToolInputError('it is away', 'unavailable')],
    ['forbidden', new AppError('forbidden', 'you may not')],
    ['invalid_input', new AppError('not_found', 'there is none')],
    ['internal', new AppError('internal_error', 'oh')],
    ['internal', new TypeError('oh')],
    ['forbidden', new OutboundError('private_address', 'it is private')],
    ['unavailable', new OutboundError('name_not_found', 'there is no such host')],
    ['timeout', new OutboundError('timeout', 'it took too long')],
  ])('is %s for %s', async (error_class, thrown) => {
    expect(await throwing(thrown)).toMatchObject({ status: 'error', output: null, error_class });
  });

  it('is none of a call that succeeds', async () => {
    const answer = await askFor(async () => 1);
    expect(answer).toMatchObject({ status: 'success', error: null, error_class: null });
  });

  it('is output_too_large for an answer without end', async () => {
    const answer = await askFor(async () => 'x'.repeat(3_000_000));
    expect(answer.error_class).toBe('output_too_large');
  });

  it('is timeout when the tool takes longer than it may', async () => {
    const begun = Promise.withResolvers<void>();
    const hanging = builtinThat('probe', () => {
      begun.resolve();
      return new Promise(() => {});
    });
    const { breadcrumbs, curator, clock, ask } = await openTestTools({ builtins: [hanging] });
    await breadcrumbs.create(curator, definitionBody('probe'));
    const answer = ask('probe');
    await begun.promise;
    clock.advance(5_000);
    expect(await answer).toMatchObject({ error_class: 'timeout' });
  });

  it('tells of requests that mean nothing', async () => {
    const { request, record, responses, ask } = await openTestTools();
    expect(await ask('nothing')).toMatchObject({ error_class: 'unknown_tool' });
    await record(await request({ tool: 'nothing', requestId: newId() }));
    const contexts = (await responses()).map(({ context }) => context);
    expect(contexts).toContainEqual(expect.objectContaining({ error_class: 'invalid_request' }));
  });

  it('is one of those that the protocol lists, also of code', async () => {
    const { breadcrumbs, curator, ask } = await openTestTools();
    await breadcrumbs.create(curator, codeBody('broken', 'throw new Error("oh")'));
    expect(TOOL_ERROR_CLASSES).toContain((await ask('broken')).error_class);
  });
});
