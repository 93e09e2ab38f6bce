import { compileSelector, type CompiledSelector, type Selector } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVERY_TENANT, SelectorIndex } from './selector-index.ts';

const tag = fc.constantFrom('a', 'b', 'c', 'd', 'a:b', '');
const schema = fc.constantFrom('one.v1', 'two.v1', 'a');
const owner = fc.constantFrom('tenant-1', 'tenant-2');

const selector: fc.Arbitrary<Selector> = fc.record(
  {
    any_tags: fc.option(fc.array(tag, { maxLength: 3 })),
    all_tags: fc.option(fc.array(tag, { maxLength: 3 })),
    schema_name: fc.option(schema),
    context_match: fc.option(
      fc.array(
        fc.record({
          path: fc.constantFrom('$.n', 'n', "$['n']", '$.m'),
          op: fc.constantFrom('gt', 'eq', 'eq', 'ne'),
          value: fc.nat(3),
        }),
        { maxLength: 2 },
      ),
    ),
  },
  { requiredKeys: [] },
);

const event = fc.record({
  owner_id: owner,
  tags: fc.array(tag, { maxLength: 5 }),
  schema_name: fc.option(schema),
  context: fc.record(
    { n: fc.oneof(fc.nat(4), fc.constant({ deep: 1 })), m: fc.nat(4) },
    { requiredKeys: [] },
  ),
});

type TestEvent = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

const id = fc.constantFrom('1', '2', '3', '4', '5', '6');
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      id,
      owner_id: fc.oneof(owner, fc.constant(EVERY_TENANT)),
      selector,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('match' as const), event }) },
);

describe('SelectorIndex', () => {
  it('finds what trying every selector finds, each once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const index = new SelectorIndex<string>();
        const all = new Map<
          string,
          { owner_id: string; value: string; compiled: CompiledSelector }
        >();
        const bruteForce = ({ owner_id, ...selectable }: TestEvent) =>
          [...all.values()]
            .filter((one) => [owner_id, EVERY_TENANT].includes(one.owner_id))
            .filter(({ compiled }) => compiled.matches(selectable))
            .map(({ value }) => value);
        const found: string[][] = [];
        const expected: string[][] = [];
        for (const [place, each] of steps.entries()) {
          if (each.do === 'add') {
            const compiled = compileSelector(each.selector);
            const value = `${each.id} of step ${place}`;
            index.add(each.id, each.owner_id, compiled, value);
            all.set(each.id, { owner_id: each.owner_id, value, compiled });
          } else if (each.do === 'remove') {
            index.remove(each.id);
            all.delete(each.id);
          } else {
            found.push(index.match(each.event.owner_id, each.event).toSorted());
            expected.push(bruteForce(each.event).toSorted());
          }
          expect(index.size).toBe(all.size);
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  /** A selector that counts how often it is tried. */
  function counted(given: Selector, tried: () => void): CompiledSelector {
    const compiled = compileSelector(given);
    return {
      ...compiled,
      matches(selectable) {
        tried();
        return compiled.matches(selectable);
      },
    };
  }

  it('tries the likely ones, not all 10,000', () => {
    const index = new SelectorIndex<number>();
    let tried = 0;
    for (let n = 0; n < 10_000; n++)
      index.add(
        `${n}`,
        'tenant',
        counted({ any_tags: [`tag:${n}`] }, () => tried++),
        n,
      );
    expect(
      index.match('tenant', { tags: ['tag:77', 'tag:4242', 'other'], schema_name: null }),
    ).toEqual([77, 4242]);
    expect(tried).toBe(2);
  });

  it('files a selector under the rarest of the tags that must all be there', () => {
    const index = new SelectorIndex<number>();
    let tried = 0;
    for (let n = 0; n < 10_000; n++) {
      const all_tags = ['user:message', `session:${n}`];
      index.add(
        `${n}`,
        'tenant',
        counted({ all_tags }, () => tried++),
        n,
      );
    }
    const found = index.match('tenant', { tags: ['user:message', 'session:5'], schema_name: null });
    expect(found).toEqual([5]);
    // The very first had no rarer tag to choose between.
    expect(tried).toBeLessThanOrEqual(2);
  });

  it('files a selector under what its context must say, when many share its tags', () => {
    const index = new SelectorIndex<number>();
    let tried = 0;
    for (let n = 0; n < 10_000; n++) {
      const context_match = [{ path: '$.room', op: 'eq', value: `room ${n}` }];
      const selector = { all_tags: ['chat'], schema_name: 'message.v1', context_match };
      index.add(
        `${n}`,
        'tenant',
        counted(selector, () => tried++),
        n,
      );
    }
    const event = { tags: ['chat'], schema_name: 'message.v1', context: { room: 'room 4242' } };
    expect(index.match('tenant', event)).toEqual([4242]);
    // A few of the first found nothing more crowded to avoid.
    expect(tried).toBeLessThanOrEqual(4);
  });

  it('does not try those of other schemas or other tenants', () => {
    const index = new SelectorIndex<number>();
    let tried = 0;
    for (let n = 0; n < 1_000; n++) {
      index.add(
        `s${n}`,
        'tenant',
        counted({ schema_name: `schema.${n}` }, () => tried++),
        n,
      );
      index.add(
        `t${n}`,
        `tenant-${n}`,
        counted({}, () => tried++),
        n,
      );
    }
    expect(index.match('tenant', { tags: [], schema_name: 'schema.7' })).toEqual([7]);
    expect(tried).toBe(1);
  });

  it('is empty again when everything was taken out', () => {
    const index = new SelectorIndex<string>();
    const both = compileSelector({ any_tags: ['a', 'b'] });
    index.add('1', 'tenant', both, 'old');
    index.add('1', 'tenant', compileSelector({ any_tags: ['b'] }), 'new');
    expect(index.match('tenant', { tags: ['a', 'b'], schema_name: null })).toEqual(['new']);
    index.remove('1');
    index.remove('1');
    expect(index.size).toBe(0);
    expect(index.match('tenant', { tags: ['a', 'b'], schema_name: null })).toEqual([]);
  });
});
