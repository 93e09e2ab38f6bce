import { expect, it } from 'vitest';
import { silentLog, systemClock } from '../../base/index.ts';
import { createMemoryBus } from '../../bus/index.ts';
import { Announcer, EventStore, LogTail } from '../../events/index.ts';
import { Breadcrumbs } from '../breadcrumbs.ts';
import { SchemaDefinitions } from '../schemas/schema-definitions.ts';
import { BreadcrumbStore } from '../store.ts';
import { body, openTestBreadcrumbs } from '../testing.ts';

it('the policy of a schema counts also for what is written inside a transaction of the caller', async () => {
  const { db, principal } = await openTestBreadcrumbs();
  const store = new BreadcrumbStore(db);
  const source = {
    load: (owner_id: string, name: string) => store.schemaDefinition(owner_id, name),
    onChange: () => () => {},
  };
  const bus = createMemoryBus(silentLog);
  const tail = new LogTail(new EventStore(db), bus, systemClock, silentLog);
  const schemas = new SchemaDefinitions(source, silentLog);
  const announcer = new Announcer(tail, bus);
  const breadcrumbs = new Breadcrumbs({ store, announcer, parallel: 1, schemas });
  const writer = await principal();
  const ttl_policy = { type: 'usage', config: { max_reads: 2 } };
  await breadcrumbs.create(
    writer,
    body({
      schema_name: 'schema.def.v1',
      tags: ['defines:note.v1'],
      context: { schema_name: 'note.v1', lifecycle: { ttl_policy } },
    }),
  );
  const bodies = ['note.v1', 'other.v1'].map((schema_name) => body({ schema_name }));
  const [note, other] = await store.transaction((tx) => breadcrumbs.createIn(tx, writer, bodies));
  expect(note).toMatchObject({ ttl_type: 'usage', ttl_source: 'schema-default' });
  expect(other).toMatchObject({ ttl_type: 'never', ttl_source: null });
});
