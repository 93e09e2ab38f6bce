import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatabaseError } from './contract.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';

interface Item {
  readonly id: number;
  readonly key: string;
  readonly is_bad: boolean;
}

const dataError = () => new DatabaseError('bad row', '22003', null, null);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A fake of the database: takes its time, fails as a whole for one bad item, and checks what it is given. */
class FakeDatabase {
  readonly groups: Item[][] = [];
  readonly kept: Item[] = [];
  readonly problems: string[] = [];
  active = 0;
  most_active = 0;
  readonly #wait: () => Promise<unknown>;
  readonly #open_keys = new Set<string>();

  constructor(wait: () => Promise<unknown>) {
    this.#wait = wait;
  }

  readonly commit = async (items: readonly Item[]): Promise<string[]> => {
    this.groups.push([...items]);
    this.most_active = Math.max(this.most_active, ++this.active);
    const keys = items.map(({ key }) => key);
    if (new Set(keys).size < keys.length) this.problems.push('a key twice in one transaction');
    if (keys.some((key) => this.#open_keys.has(key))) this.problems.push('a key in two at once');
    for (const key of keys) this.#open_keys.add(key);
    try {
      await this.#wait();
      if (items.some(({ is_bad }) => is_bad)) throw dataError();
      this.kept.push(...items);
      return items.map(({ id }) => `result of ${id}`);
    } finally {
      this.active--;
      for (const key of keys) this.#open_keys.delete(key);
    }
  };
}

const expectedOutcome = ({ id, is_bad }: Item) => (is_bad ? '22003' : `result of ${id}`);

type Options = Omit<GroupCommitOptions<Item, string>, 'commit'>;
const byKey = (item: Item): string => item.key;

const options: fc.Arbitrary<Options> = fc.record({
  items_max: fc.integer({ min: 1, max: 8 }),
  parallel: fc.integer({ min: 1, max: 4 }),
});
const items = fc
  .array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), is_bad: fc.nat(9).map((n) => n === 0) }),
    {
      maxLength: 40,
    },
  )
  .map((all): Item[] => all.map((each, id) => ({ ...each, id })));

/** Submits all items, some at once and some later as the scheduler wills, and answers what came of each. */
async function submitAll(s: fc.Scheduler, all: readonly Item[], chosen: Options) {
  const db = new FakeDatabase(() => s.schedule(Promise.resolve(), 'commit'));
  const group_commit = new GroupCommit<Item, string>({ ...chosen, commit: db.commit });
  const outcomes = Promise.all(
    all.map(async (item, index) => {
      if (index % 5 === 4) await turn();
      return group_commit.submit(item).catch(({ state: failed }: DatabaseError) => failed);
    }),
  );
  const state = { is_done: false };
  void outcomes.then(() => (state.is_done = true));
  // The groups form in turns of the event loop, which the scheduler does not see.
  while (!state.is_done) {
    await turn();
    if (s.count() > 0) await s.waitOne();
  }
  return { db, outcomes: await outcomes };
}

describe('GroupCommit', () => {
  it('loses no item, and gives each its own result or its own failure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), items, options, async (s, all, chosen) => {
        const unlike = all.map((item) => ({ ...item, key: String(item.id) }));
        const { db, outcomes } = await submitAll(s, unlike, chosen);
        expect(outcomes).toEqual(unlike.map(expectedOutcome));
        const kept = db.kept.map(({ id }) => id).toSorted((a, b) => a - b);
        expect(kept).toEqual(unlike.filter(({ is_bad }) => !is_bad).map(({ id }) => id));
        expect(db.most_active).toBeLessThanOrEqual(chosen.parallel);
        expect(db.groups.every(({ length }) => length > 0 && length <= chosen.items_max)).toBe(
          true,
        );
      }),
    );
  });

  it('keeps items with the same key apart and in order, and still loses none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), items, options, async (s, all, chosen) => {
        const { db, outcomes } = await submitAll(s, all, { ...chosen, exclusive_key: byKey });
        expect(db.problems).toEqual([]);
        expect(outcomes).toEqual(all.map(expectedOutcome));
        // Later items of a turn of the event loop were submitted later, so only those of one turn can be compared.
        const first_turn = (item: Item) => item.id % 5 !== 4;
        for (const key of ['a', 'b', 'c', 'd']) {
          const ids = db.kept
            .filter((item) => item.key === key && first_turn(item))
            .map(({ id }) => id);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
        expect(db.most_active).toBeLessThanOrEqual(chosen.parallel);
      }),
    );
  });

  it('lets what comes while a transaction is on its way share the next one', async () => {
    const gate = Promise.withResolvers<void>();
    const db = new FakeDatabase(() => (db.groups.length === 1 ? gate.promise : Promise.resolve()));
    const group_commit = new GroupCommit<Item, string>({
      items_max: 100,
      parallel: 1,
      commit: db.commit,
    });
    const submit = (id: number) => group_commit.submit({ id, key: String(id), is_bad: false });
    const first = submit(0);
    await turn();
    const rest: Promise<string>[] = [];
    for (let id = 1; id <= 50; id++) {
      rest.push(submit(id));
      if (id % 10 === 0) await turn();
    }
    expect(db.groups).toHaveLength(1);
    gate.resolve();
    await first;
    await Promise.all(rest);
    expect(db.groups.map(({ length }) => length)).toEqual([1, 50]);
  });

  it('lets what is submitted in the same turn share a transaction', async () => {
    const db = new FakeDatabase(() => Promise.resolve());
    const group_commit = new GroupCommit<Item, string>({
      items_max: 8,
      parallel: 2,
      commit: db.commit,
    });
    await Promise.all(
      Array.from({ length: 20 }, (_, id) =>
        group_commit.submit({ id, key: String(id), is_bad: false }),
      ),
    );
    expect(db.groups.map(({ length }) => length)).toEqual([8, 8, 4]);
  });

  it('finds the bad item in few transactions', async () => {
    const db = new FakeDatabase(() => Promise.resolve());
    const group_commit = new GroupCommit<Item, string>({
      items_max: 64,
      parallel: 1,
      commit: db.commit,
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, (_, id) =>
        group_commit.submit({ id, key: String(id), is_bad: id === 37 }),
      ),
    );
    expect(outcomes.flatMap(({ status }, id) => (status === 'rejected' ? [id] : []))).toEqual([37]);
    expect(db.groups.length).toBeLessThanOrEqual(1 + 2 * Math.log2(64));
  });

  it('fails the whole group once, without trying again, when it is not the data', async () => {
    const lost = new DatabaseError('the connection broke', '57P01', null, null);
    let calls = 0;
    const group_commit = new GroupCommit<Item, string>({
      items_max: 10,
      parallel: 1,
      commit: async () => {
        calls++;
        throw lost;
      },
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, id) => group_commit.submit({ id, key: 'a', is_bad: false })),
    );
    // What a lost connection did is not known, and writing twice would be worse than saying so.
    expect(calls).toBe(1);
    expect(outcomes.every((each) => each.status === 'rejected' && each.reason === lost)).toBe(true);
    await expect(group_commit.submit({ id: 9, key: 'a', is_bad: false })).rejects.toBe(lost);
  });

  it('goes on after a commit that throws at once', async () => {
    let is_first = true;
    const group_commit = new GroupCommit<Item, string>({
      items_max: 10,
      parallel: 1,
      commit: (group) => {
        if (!is_first) return Promise.resolve(group.map(({ id }) => String(id)));
        is_first = false;
        throw new Error('at once');
      },
    });
    await expect(group_commit.submit({ id: 1, key: 'a', is_bad: false })).rejects.toThrow(
      'at once',
    );
    expect(await group_commit.submit({ id: 2, key: 'a', is_bad: false })).toBe('2');
  });

  it('rejects, and does not make up a result, when the commit answers for too few', async () => {
    const group_commit = new GroupCommit<Item, string>({
      items_max: 10,
      parallel: 1,
      commit: async () => ['only one'],
    });
    const outcomes = await Promise.allSettled(
      [1, 2].map((id) => group_commit.submit({ id, key: 'a', is_bad: false })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
