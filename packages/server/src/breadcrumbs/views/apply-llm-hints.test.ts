import { describe, expect, it } from 'vitest';
import { applyHints, viewThroughHints } from './apply-llm-hints.ts';

const CONTEXT = {
  content: 'Book <b>the</b> room',
  user: { name: 'Ada', email: 'ada@example.org', address: { city: 'Oslo', zip: '0150' } },
  items: [
    { id: 1, price: 5, note: 'a' },
    { id: 2, price: 9, note: 'b' },
  ],
  'a.b': 'dotted key',
  done: false,
  count: 0,
};

const transform = (rule: unknown, context: unknown = CONTEXT): unknown =>
  (applyHints(context, { transform: { made: rule } }) as { made?: unknown }).made;

describe('include', () => {
  it('keeps the named keys, whole', () => {
    expect(applyHints(CONTEXT, { include: ['content', 'done'] })).toEqual({
      content: CONTEXT.content,
      done: false,
    });
  });

  it('keeps a nested part where it was', () => {
    expect(applyHints(CONTEXT, { include: ['user.address.city', '$.items[1].id'] })).toEqual({
      user: { address: { city: 'Oslo' } },
      items: [{ id: 2 }],
    });
  });

  it('keeps a part of every element', () => {
    expect(applyHints(CONTEXT, { include: ['items[*].id'] })).toEqual({
      items: [{ id: 1 }, { id: 2 }],
    });
  });

  it('prefers the key of that very spelling to the path', () => {
    expect(applyHints(CONTEXT, { include: ['a.b'] })).toEqual({ 'a.b': 'dotted key' });
  });

  it('is none when it is empty or null', () => {
    expect(applyHints(CONTEXT, { include: [] })).toBe(CONTEXT);
    expect(applyHints(CONTEXT, { include: null })).toBe(CONTEXT);
  });

  it('leaves a context without parts as it is', () => {
    expect(applyHints('text', { include: ['a'] })).toBe('text');
    expect(applyHints(null, { include: ['a'] })).toBe(null);
  });
});

describe('exclude', () => {
  it('removes exactly the nested part and keeps its parents', () => {
    const { items, ...rest } = CONTEXT;
    expect(applyHints(CONTEXT, { exclude: ['user.address.zip', 'items'] })).toEqual({
      ...rest,
      user: { name: 'Ada', email: 'ada@example.org', address: { city: 'Oslo' } },
    });
    expect(items).toHaveLength(2);
  });

  it.each(['items[0].note', 'items.0.note', '$.items[0].note', "$['items'][0]['note']"])(
    'removes one key of one element by %s',
    (path) => {
      const shown = applyHints(CONTEXT, { exclude: [path] });
      expect(shown).toEqual({ ...CONTEXT, items: [{ id: 1, price: 5 }, CONTEXT.items[1]] });
    },
  );

  it.each([
    'items[1]',
    '$.items[-1]',
    '$.items[?@.price > 5]',
    '$.items[?@.note == "b"]',
    '$.items[1:]',
  ])('removes one element by %s', (path) => {
    expect(applyHints(CONTEXT, { exclude: [path] })).toEqual({
      ...CONTEXT,
      items: [CONTEXT.items[0]],
    });
  });

  it('removes several elements of one array, whatever the order in which they are named', () => {
    expect(applyHints({ a: [0, 1, 2, 3] }, { exclude: ['a[2]', 'a[0]', 'a[2]'] })).toEqual({
      a: [1, 3],
    });
  });

  it('removes what a descendant path names at every depth', () => {
    const context = { key: 1, a: { key: 2, b: [{ key: 3, c: 4 }] } };
    expect(applyHints(context, { exclude: ['$..key'] })).toEqual({ a: { b: [{ c: 4 }] } });
  });

  it('removes nothing for a path that names nothing', () => {
    expect(
      applyHints(CONTEXT, { exclude: ['user.address.street', 'items.note', 'nothing.here'] }),
    ).toEqual(CONTEXT);
  });

  it('comes after include', () => {
    const hints = { include: ['user'], exclude: ['user.email', 'user.address'] };
    expect(applyHints(CONTEXT, hints)).toEqual({ user: { name: 'Ada' } });
  });

  it('does not change the context that it was given', () => {
    const before = structuredClone(CONTEXT);
    applyHints(CONTEXT, { exclude: ['user.name', 'items[0]', 'content'] });
    expect(CONTEXT).toEqual(before);
  });
});

describe('transform', () => {
  it('gives only the transformed keys in mode replace, which is the default', () => {
    const hints = { transform: { city: { type: 'extract', value: '$.user.address.city' } } };
    expect(applyHints(CONTEXT, hints)).toEqual({ city: 'Oslo' });
    expect(applyHints(CONTEXT, { ...hints, mode: 'replace' })).toEqual({ city: 'Oslo' });
  });

  it('adds them to the included and excluded context in mode merge', () => {
    const hints = {
      include: ['content', 'user'],
      exclude: ['user'],
      transform: { kind: { type: 'literal', literal: ['note'] } },
      mode: 'merge',
    };
    expect(applyHints(CONTEXT, hints)).toEqual({ content: CONTEXT.content, kind: ['note'] });
  });

  it('puts a context that is no object under its name in mode merge', () => {
    const hints = { transform: { kind: { type: 'literal', literal: 1 } }, mode: 'merge' };
    expect(applyHints([1, 2], hints)).toEqual({ context: [1, 2], kind: 1 });
  });

  it('sees only what include and exclude left', () => {
    const hints = {
      exclude: ['user.name'],
      transform: { who: { type: 'template', template: '[{{user.name}}]' } },
    };
    expect(applyHints(CONTEXT, hints)).toEqual({ who: '[]' });
  });

  it('changes nothing when it is empty', () => {
    expect(applyHints(CONTEXT, { transform: {} })).toBe(CONTEXT);
  });

  it('extracts null, the value, or an array of many', () => {
    expect(transform({ type: 'extract', value: '$.nothing' })).toBe(null);
    expect(transform({ type: 'extract', value: '$.items[0].price' })).toBe(5);
    expect(transform({ type: 'extract', value: '$.items[*].price' })).toEqual([5, 9]);
    expect(transform({ type: 'extract', value: '$.items[::-1].id' })).toEqual([2, 1]);
    expect(
      transform({ type: 'extract', value: '$.items[?length(@.note) == 1 && !(@.id == 1)].id' }),
    ).toBe(2);
  });

  it('formats with dotted paths, and nothing for what is missing', () => {
    const format =
      'User ({user.name}, {user.none}): {content} {items.0.id} {items[1].id} { done } {count}';
    expect(transform({ type: 'format', format })).toBe(
      'User (Ada, ): Book <b>the</b> room 1 2 false 0',
    );
  });

  it('keeps braces of a format that name nothing, and looks at no value again', () => {
    const format = '{"a": {x}, "b": {}, "c": {context.x}}';
    expect(transform({ type: 'format', format }, { x: '{y}', y: 'no' })).toBe(
      '{"a": {y}, "b": {}, "c": {y}}',
    );
  });

  it('prefers the key of that very spelling in a format', () => {
    expect(transform({ type: 'format', format: '{a.b}' })).toBe('dotted key');
  });

  it.each([
    [{ type: 'jq', jq: '.a' }, /type "jq"/],
    [{ type: 'python' }, /type "python"/],
    [{}, /no known type/],
    [null, /no known type/],
    ['{{a}}', /no known type/],
    [{ type: 'literal' }, /without its literal/],
    [{ type: 'template', template: 5 }, /without its template/],
    [{ type: 'template', template: '{{#if a}}' }, /cannot be parsed/],
    [{ type: 'template', template: '{{#loop a}}{{/loop}}' }, /"loop"/],
    [{ type: 'extract', value: '$[' }, /RFC 9535/],
    [{ type: 'extract', value: '$[?match(@.a, "a*")]' }, /match/],
  ])('leaves out the whole transform when a rule fails: %j', (rule, why) => {
    const hints = { transform: { good: { type: 'literal', literal: 1 }, bad: rule } };
    const view = viewThroughHints(CONTEXT, hints);
    expect(view.context).toBe(CONTEXT);
    expect(view.problem).toMatch(/^transform\.bad /);
    expect(view.problem).toMatch(why);
  });

  it('leaves out what was excluded even when a rule fails', () => {
    const hints = { exclude: ['user', 'items'], transform: { bad: { type: 'jq' } } };
    const { user: _user, items: _items, ...rest } = CONTEXT;
    expect(applyHints(CONTEXT, hints)).toEqual(rest);
  });
});

describe('hints that are none', () => {
  it('says nothing of a record without hints', () => {
    expect(viewThroughHints(CONTEXT, null)).toEqual({ context: CONTEXT, problem: null });
    expect(viewThroughHints(CONTEXT, undefined).problem).toBe(null);
    expect(viewThroughHints(CONTEXT, {}).problem).toBe(null);
  });

  it.each([
    ['text', /no object/],
    [['include'], /no object/],
    [{ include: 'content' }, /include/],
    [{ exclude: [5] }, /exclude/],
    [{ exclude: [''] }, /exclude/],
    [{ transform: [] }, /transform/],
    [{ mode: 'transform', transform: { a: { type: 'literal', literal: 1 } } }, /mode/],
    [{ include: ['$.['] }, /RFC 9535/],
  ])('shows the context as it is for %j, and says why', (hints, why) => {
    const view = viewThroughHints(CONTEXT, hints);
    expect(view.context).toBe(CONTEXT);
    expect(view.problem).toMatch(why);
  });
});
