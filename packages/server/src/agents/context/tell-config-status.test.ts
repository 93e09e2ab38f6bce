import { SCHEMAS } from '@cairn/protocol';
import { describe, expect, it } from 'vitest';
import { openTestTools } from '../../tools/testing.ts';
import { DefinitionStore } from '../definition-store.ts';
import { ContextStore } from './context-store.ts';
import { tellConfigStatus } from './tell-config-status.ts';

/** A configuration of somebody who is no curator, and its status each time after it was told. */
async function start() {
  const { db, breadcrumbs, identity, owner_id, caller, curator } = await openTestTools();
  const body = { title: 'Config', schema_name: SCHEMAS.context_config, tags: [] };
  const context = { consumer_id: 'a', sources: [] };
  const { id } = (await breadcrumbs.create(caller, { ...body, context })).full;
  const [definitions, contexts] = [new DefinitionStore(db), new ContextStore(db)];
  const tell = async () => {
    await tellConfigStatus(owner_id, id, { breadcrumbs, identity, definitions, contexts });
    const schema_name = SCHEMAS.context_status;
    return breadcrumbs.listWithContext(curator, { schema_name, limit: 10 });
  };
  return { breadcrumbs, curator, caller, id, tell };
}

describe('the status of a configuration of contexts', () => {
  it('is written again only when it says something else', async () => {
    const { breadcrumbs, caller, id, tell } = await start();
    const [status] = await tell();
    expect(status).toMatchObject({ version: 1, context: { config_version: 1 } });
    expect(await tell()).toMatchObject([{ version: 1 }]);
    await breadcrumbs.update(caller, id, { title: 'Other' });
    expect(await tell()).toMatchObject([{ version: 2, context: { config_version: 2 } }]);
  });

  it('comes back with the next version when somebody has deleted it', async () => {
    const { breadcrumbs, curator, caller, id, tell } = await start();
    const [status] = await tell();
    await breadcrumbs.remove(curator, String(status?.id));
    await breadcrumbs.update(caller, id, { title: 'Other' });
    expect(await tell()).toMatchObject([{ version: 1, context: { config_version: 2 } }]);
  });

  it('goes when the record is a configuration no more', async () => {
    const { breadcrumbs, caller, id, tell } = await start();
    expect(await tell()).toHaveLength(1);
    await breadcrumbs.update(caller, id, { schema_name: 'note.v1' });
    expect(await tell()).toEqual([]);
  });
});
