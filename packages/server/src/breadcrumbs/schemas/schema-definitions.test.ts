import { describe, expect, it } from 'vitest';
import { silentLog, type Log } from '../../base/index.ts';
import {
  SchemaDefinitions,
  type DefinitionChange,
  type DefinitionRecord,
  type DefinitionSource,
} from './schema-definitions.ts';

const OWNER = '00000000-0000-0000-0000-000000000001';
const OTHER = '00000000-0000-0000-0000-000000000002';

/** Records in memory that can be changed, read slowly and fail. */
class MemorySource implements DefinitionSource {
  readonly records = new Map<string, DefinitionRecord>();
  readonly loads: string[] = [];
  /** Every load waits for this before it answers. */
  gate: Promise<void> = Promise.resolve();
  failure: Error | null = null;
  readonly listeners = new Set<(changed: DefinitionChange | null) => void>();

  async load(owner_id: string, schema_name: string): Promise<DefinitionRecord | null> {
    this.loads.push(`${owner_id} ${schema_name}`);
    const record = this.records.get(`${owner_id} ${schema_name}`) ?? null;
    await this.gate;
    if (this.failure) throw this.failure;
    return record;
  }

  onChange(listener: (changed: DefinitionChange | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  put(owner_id: string, schema_name: string, context: object): void {
    this.records.set(`${owner_id} ${schema_name}`, {
      context: { schema_name, ...context },
      llm_hints: null,
    });
  }

  announce(changed: DefinitionChange | null): void {
    for (const listener of this.listeners) listener(changed);
  }
}

describe('SchemaDefinitions', () => {
  it('loads a definition once, also when several ask at once', async () => {
    const source = new MemorySource();
    source.put(OWNER, 'a.v1', { llm_hints: { include: ['x'] } });
    const definitions = new SchemaDefinitions(source, silentLog);
    const found = await Promise.all([
      definitions.find(OWNER, 'a.v1'),
      definitions.find(OWNER, 'a.v1'),
    ]);
    expect(await definitions.find(OWNER, 'a.v1')).toBe(found[0]);
    expect(found[1]).toBe(found[0]);
    expect(found[0]?.hints).toEqual({ include: ['x'] });
    expect(source.loads).toHaveLength(1);
  });

  it('remembers that there is none, until one is made', async () => {
    const source = new MemorySource();
    const definitions = new SchemaDefinitions(source, silentLog);
    expect(await definitions.find(OWNER, 'a.v1')).toBe(null);
    expect(await definitions.find(OWNER, 'a.v1')).toBe(null);
    expect(source.loads).toHaveLength(1);
    source.put(OWNER, 'a.v1', {});
    source.announce({ owner_id: OWNER, schema_name: 'a.v1' });
    expect(await definitions.find(OWNER, 'a.v1')).not.toBe(null);
  });

  it('keeps tenants apart', async () => {
    const source = new MemorySource();
    source.put(OWNER, 'a.v1', { validation: 'enforce' });
    const definitions = new SchemaDefinitions(source, silentLog);
    expect((await definitions.find(OWNER, 'a.v1'))?.validation).toBe('enforce');
    expect(await definitions.find(OTHER, 'a.v1')).toBe(null);
  });

  it('forgets only what has changed, and everything when changes may have been missed', async () => {
    const source = new MemorySource();
    const definitions = new SchemaDefinitions(source, silentLog);
    const findBoth = () =>
      Promise.all(['a.v1', 'b.v1'].map((name) => definitions.find(OWNER, name)));
    await findBoth();
    source.announce({ owner_id: OWNER, schema_name: 'a.v1' });
    source.announce({ owner_id: OTHER, schema_name: 'b.v1' });
    await findBoth();
    expect(source.loads).toEqual([`${OWNER} a.v1`, `${OWNER} b.v1`, `${OWNER} a.v1`]);
    source.announce(null);
    await findBoth();
    expect(source.loads).toHaveLength(5);
  });

  it('does not keep what was read before a change and arrives after it', async () => {
    const source = new MemorySource();
    const { promise, resolve } = Promise.withResolvers<void>();
    source.gate = promise;
    source.put(OWNER, 'a.v1', { validation: 'warn' });
    const definitions = new SchemaDefinitions(source, silentLog);
    const early = definitions.find(OWNER, 'a.v1');
    source.put(OWNER, 'a.v1', { validation: 'enforce' });
    source.announce({ owner_id: OWNER, schema_name: 'a.v1' });
    const late = definitions.find(OWNER, 'a.v1');
    resolve();
    expect((await early)?.validation).toBe('warn');
    expect((await late)?.validation).toBe('enforce');
    expect((await definitions.find(OWNER, 'a.v1'))?.validation).toBe('enforce');
  });

  it('tells a failure and asks again', async () => {
    const source = new MemorySource();
    source.put(OWNER, 'a.v1', {});
    source.failure = new Error('no database');
    const definitions = new SchemaDefinitions(source, silentLog);
    await expect(definitions.find(OWNER, 'a.v1')).rejects.toThrow('no database');
    source.failure = null;
    expect(await definitions.find(OWNER, 'a.v1')).not.toBe(null);
  });

  it('counts a definition that cannot be used as none, and logs why once', async () => {
    const lines: object[] = [];
    const log: Log = { ...silentLog, warn: (fields) => lines.push(fields) };
    const source = new MemorySource();
    source.put(OWNER, 'a.v1', { validation: 'enforce', json_schema: { type: 'text' } });
    const definitions = new SchemaDefinitions(source, log);
    expect(await definitions.find(OWNER, 'a.v1')).toBe(null);
    expect(await definitions.find(OWNER, 'a.v1')).toBe(null);
    expect(lines).toEqual([
      { owner_id: OWNER, schema_name: 'a.v1', reason: expect.stringContaining('json_schema.type') },
    ]);
  });

  it('keeps a limited number, and drops the one used longest ago', async () => {
    const source = new MemorySource();
    const definitions = new SchemaDefinitions(source, silentLog, 2);
    for (const name of ['a.v1', 'b.v1', 'a.v1', 'c.v1', 'a.v1', 'b.v1'])
      await definitions.find(OWNER, name);
    expect(source.loads.map((each) => each.slice(37))).toEqual(['a.v1', 'b.v1', 'c.v1', 'b.v1']);
  });

  it('stops listening when it is closed', async () => {
    const source = new MemorySource();
    const definitions = new SchemaDefinitions(source, silentLog);
    definitions.close();
    definitions.close();
    expect(source.listeners.size).toBe(0);
  });
});
