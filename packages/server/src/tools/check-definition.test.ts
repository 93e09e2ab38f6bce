import { TOOL_SCHEMAS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { codeBody, deliveryOf, openTestTools } from './testing.ts';

/** A definition, and its status each time after it was looked at. */
async function start() {
  const test = await openTestTools();
  const { id } = (await test.breadcrumbs.create(test.caller, codeBody('t', 'return 1'))).full;
  const look = async () => {
    await test.record(deliveryOf(test.owner_id, id, { definition_id: id }));
    const schema_name = TOOL_SCHEMAS.tool_status;
    return test.breadcrumbs.listWithContext(test.curator, { schema_name, limit: 10 });
  };
  return { ...test, id, look };
}

describe('the status of a tool', () => {
  it('is written again only when it says something else', async () => {
    const { breadcrumbs, curator, id, look } = await start();
    expect(await look()).toMatchObject([{ version: 1, context: { state: 'proposed' } }]);
    expect(await look()).toMatchObject([{ version: 1 }]);
    await breadcrumbs.update(curator, id, { title: 'approved' });
    expect(await look()).toMatchObject([{ version: 2, context: { state: 'active' } }]);
  });

  it('comes back with the next version of its tool when somebody has deleted it', async () => {
    const { breadcrumbs, curator, id, look } = await start();
    const [status] = await look();
    await breadcrumbs.remove(curator, String(status?.id));
    await breadcrumbs.update(curator, id, { title: 'approved' });
    expect(await look()).toMatchObject([{ version: 1, context: { state: 'active' } }]);
  });
});
