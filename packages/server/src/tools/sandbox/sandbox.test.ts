import { afterAll, describe, expect, it } from 'vitest';
import { ManualClock, newId, silentLog, systemClock } from '../../base/index.ts';
import type { SandboxRun } from './contract.ts';
import { Sandbox } from './sandbox.ts';

const ports = { clock: systemClock, log: silentLog, threads: 2, uuid: newId };
const sandbox = new Sandbox(ports);
afterAll(() => sandbox.stop());

const execute = (body: string) => `export async function execute(input, context) { ${body} }`;
const run = (body: string, more: Partial<SandboxRun> = {}) =>
  sandbox.run({ source: execute(body), language: 'javascript', input: {}, ...more });

describe('code in the sandbox', () => {
  it('answers with what execute returns, as JSON', async () => {
    const answer = { status: 'success', output: { sum: 3, at: null } };
    expect(
      await run('return { sum: input.a + input.b, at: NaN }', { input: { a: 1, b: 2 } }),
    ).toEqual(answer);
    expect(await run('')).toEqual({ status: 'success', output: null });
  });

  it('may be TypeScript', async () => {
    const source = `type In = { name: string };
      export async function execute(input: In): Promise<string> { return \`hello \${input.name}\` as string; }`;
    const input = { name: 'Ada' };
    expect(await sandbox.run({ source, language: 'typescript', input })).toEqual({
      status: 'success',
      output: 'hello Ada',
    });
  });

  it('may await, sleep, and call what it was given', async () => {
    const body = `const [a, b] = await Promise.all([context.api.double(2), context.api.double(3)]);
      await context.utils.sleep(1); return [a, b, (await context.utils.uuid()).length]`;
    const call = async (_: string, [n]: readonly unknown[]) => Number(n) * 2;
    expect(await run(body, { functions: ['double'], call })).toMatchObject({ output: [4, 6, 36] });
  });

  it('sees the error of a function that fails, and can go on', async () => {
    const body =
      'try { await context.api.fail() } catch (e) { return [e instanceof Error, e.message, e.code] }';
    const call = () => Promise.reject(Object.assign(new Error('not there'), { code: 'not_found' }));
    expect(await run(body, { functions: ['fail'], call })).toMatchObject({
      output: [true, 'not there', 'not_found'],
    });
  });

  it('prints without harm to its answer, as far as is kept', async () => {
    const lines: string[] = [];
    const print = (text: string) => void lines.push(text);
    const body =
      'for (let i = 0; i < 500; i++) console.log("line", i, {a: 1}); console.error("x".repeat(9e4)); return 1';
    expect(await run(body, { print })).toEqual({ status: 'success', output: 1 });
    expect(lines[0]).toBe('line 0 {"a":1}');
    expect(lines).toHaveLength(200);
    expect(lines.at(-1)).toBe('what is printed from here on is left out');
  });

  it('leaves nothing behind for the next run', async () => {
    const one = new Sandbox({ ...ports, threads: 1 });
    const source = execute(
      `const seen = [globalThis.kept, [].kept, JSON.kept]; globalThis.kept = 1; Array.prototype.kept = 2; JSON.kept = 3;
       Object.freeze(Array.prototype); return seen.map((each) => typeof each)`,
    );
    const again = () => one.run({ source, language: 'javascript', input: {} });
    expect([await again(), await again(), await again()]).toEqual(
      Array(3).fill({ status: 'success', output: ['undefined', 'undefined', 'undefined'] }),
    );
    await one.stop();
  });
});

describe('code that does not do what it should ends as a fault with a class:', () => {
  const quick = { limits: { timeout_ms: 300, memory_mb: 32 } };
  it.each<[string, string, string, RegExp]>([
    ['an endless loop', 'for (;;);', 'timeout', /longer than 300 ms/],
    ['an endless chain of promises', 'for (;;) await 0;', 'timeout', /300 ms|too long/],
    ['a loop that catches everything', 'for (;;) { try { for (;;); } catch {} }', 'timeout', /./],
    ['a loop in a getter of its answer', 'return { get a() { for (;;); } }', 'timeout', /./],
    ['a loop in toJSON', 'return { toJSON() { for (;;); } }', 'timeout', /./],
    ['a loop in a sort', '[2, 1].sort(() => { for (;;); })', 'timeout', /./],
    ['a pattern that backtracks', 'return /^(a+)+$/.test("a".repeat(40) + "b")', 'timeout', /./],
    ['a promise that never settles', 'await new Promise(() => {})', 'timeout', /never come/],
    ['a sleep without end', 'await context.utils.sleep(1e9)', 'timeout', /300 ms/],
    ['recursion', 'const f = () => f() + 1; return f()', 'threw', /call stack/],
    [
      'what is nested too deep',
      'let o = {}; for (let i = 0; i < 1e3; i++) o = { o }; return o',
      'not_json',
      /deeper than 64/,
    ],
    ['a thrown error', 'throw new TypeError("no such city")', 'threw', /^TypeError: no such city/],
    ['a thrown text', 'throw "garbage"', 'threw', /^garbage$/],
    ['nothing thrown', 'throw undefined', 'threw', /undefined/],
    ['a thrown object', 'throw { code: 7 }', 'threw', /"code":7/],
    [
      'a thrown proxy',
      'throw new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } })',
      'threw',
      /./,
    ],
    [
      'an error with getters',
      'const e = new Error("x"); Object.defineProperty(e, "message", { get() { throw e } }); throw e',
      'threw',
      /cannot be shown/,
    ],
    ['a rejection', 'return Promise.reject(5)', 'threw', /^5$/],
    ['a function', 'return () => 1', 'not_json', /a function/],
    ['a symbol', 'return Symbol("x")', 'not_json', /a symbol/],
    ['a number too large', 'return 10n', 'not_json', /BigInt/],
    ['a circle', 'const a = {}; a.a = a; return a', 'not_json', /circular/i],
    ['a getter that throws', 'return { get a() { throw new Error("trap") } }', 'not_json', /trap/],
    ['a then that never answers', 'return { then() {} }', 'timeout', /never come/],
    ['a character that cannot be kept', 'return "\\0"', 'not_json', /NUL/],
    ['a long answer', 'return "x".repeat(2e6)', 'output_too_large', /at most 1048576/],
    ['an answer of long characters', 'return "\\u20ac".repeat(5e5)', 'output_too_large', /1500002/],
  ])('%s', async (_, body, error_class, reason) => {
    const result = await run(body, error_class === 'timeout' ? quick : {});
    expect(result).toMatchObject({ status: 'error', error_class });
    expect(result.status === 'error' && result.error).toMatch(reason);
    expect(result.status === 'error' && result.error.length).toBeLessThan(2_100);
  });

  it.each([
    ['objects', 'const a = []; for (;;) a.push({})'],
    ['texts', 'const a = []; for (;;) a.push("x".repeat(1e6) + a.length)'],
    ['one long text', 'return "x".repeat(5e8).length'],
    ['a buffer', 'return new ArrayBuffer(1e9).byteLength'],
    ['many promises', 'const a = []; await 0; for (;;) a.push(Promise.resolve({ k: "v" }))'],
    [
      'one that catches it',
      'const a = []; try { for (;;) a.push("x".repeat(1e6) + a.length) } catch { for (;;) a.push({}) }',
    ],
  ])('memory without end: %s', async (_, body) => {
    const limits = { timeout_ms: 20_000, memory_mb: 32 };
    expect(await run(body, { limits })).toMatchObject({ status: 'error', error_class: 'memory' });
  });

  it.each([
    ['nothing', ''],
    ['no code', 'export async function execute( {'],
    ['another export', 'export const run = () => 1'],
    [
      'an import',
      'import fs from "node:fs"; export const execute = () => fs.readFileSync("/etc/passwd")',
    ],
    ['an execute that is none', 'export const execute = 1'],
  ])('a source that is %s', async (_, source) => {
    for (const is_check of [true, false]) {
      const result = await sandbox.run({ source, language: 'javascript', input: {}, is_check });
      expect(result).toMatchObject({ status: 'error', error_class: 'invalid_source' });
    }
  });

  it('TypeScript that cannot be stripped of its types', async () => {
    const source = 'enum A { B } export const execute = () => A.B';
    expect(await sandbox.run({ source, language: 'typescript', input: {} })).toMatchObject({
      error_class: 'invalid_source',
    });
  });

  it('after which the next run works as ever', async () => {
    expect(await run('return 1')).toEqual({ status: 'success', output: 1 });
  });
});

describe('code that looks for a way out', () => {
  it('finds nothing of the server around it', async () => {
    const names = [
      'process',
      'require',
      'module',
      'fetch',
      'Buffer',
      'Deno',
      'Bun',
      'std',
      'os',
      'setTimeout',
      'WebAssembly',
      'XMLHttpRequest',
      'host',
      'done',
      'waiting',
      'settle',
    ];
    const body = `return [${names.map((name) => `typeof ${name}`).join(', ')}, typeof context.fetch,
      typeof globalThis.process, Object.keys(context.api).length]`;
    const found = Array(names.length + 2).fill('undefined');
    expect(await run(body)).toEqual({ status: 'success', output: [...found, 0] });
  });

  it.each([
    [
      'the constructor of a function',
      'return (() => {}).constructor.constructor("return typeof process + typeof require")()',
    ],
    [
      'the constructor of what it was given',
      'return context.utils.sleep.constructor("return typeof process + typeof require")()',
    ],
    [
      'the prototype of its input',
      'return input.__proto__.constructor.constructor("return typeof process + typeof require")()',
    ],
    ['eval', 'return (0, eval)("typeof process + typeof require")'],
    [
      'an error of the host',
      'try { await context.api.x() } catch (e) { return e.constructor.constructor("return typeof process + typeof require")() }',
    ],
  ])('reaches no more by %s', async (_, body) => {
    const call = () => Promise.reject(new Error('no'));
    expect(await run(body, { functions: ['x'], call })).toMatchObject({
      output: 'undefinedundefined',
    });
  });

  it('cannot import', async () => {
    const body = 'try { await import("node:fs"); return "in" } catch { return "out" }';
    expect(await run(body)).toMatchObject({ output: 'out' });
  });

  it('cannot make its own answer something else than data', async () => {
    const body = `Promise.prototype.then = function () { return this }; JSON.stringify = () => "{bad";
      Array.prototype.map = null; Object.prototype.toJSON = undefined; return JSON.parse('{"__proto__": {"polluted": 1}}')`;
    const result = await run(body);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(result.status === 'success' ? Object.keys(result.output as object) : result).toEqual([
      '__proto__',
    ]);
  });

  it('cannot call what it was not given, or flood the host', async () => {
    const seen: string[] = [];
    const call = async (name: string) => void seen.push(name);
    const given = { functions: ['ping'], call };
    expect(await run('return typeof context.api.other', given)).toMatchObject({
      output: 'undefined',
    });
    const flood = 'for (let i = 0; i < 2000; i++) await context.api.ping()';
    expect(await run(flood, given)).toMatchObject({
      error_class: 'threw',
      error: expect.stringMatching(/1000 calls/),
    });
    const long = 'await context.api.ping("x".repeat(2e6))';
    expect(await run(long, given)).toMatchObject({
      error_class: 'threw',
      error: expect.stringMatching(/too long/),
    });
    expect(new Set(seen)).toEqual(new Set(['ping']));
    expect(seen).toHaveLength(1_000);
  });
});

describe('calls of the host', () => {
  it('are worked on a few at a time, and are held to a length together and in their answers', async () => {
    let now = 0;
    let most = 0;
    const call = async (_: string, [text]: readonly unknown[]) => {
      most = Math.max(most, ++now);
      await systemClock.sleep(1);
      now--;
      return text === 'long' ? 'x'.repeat(5e6) : null;
    };
    const given = { functions: ['f'], call };
    const many =
      'return (await Promise.all(Array.from({ length: 50 }, (_, i) => context.api.f(i)))).length';
    expect(await run(many, given)).toMatchObject({ output: 50 });
    expect(most).toBe(8);
    const flood =
      'return (await Promise.allSettled(Array.from({ length: 9 }, () => context.api.f("x".repeat(1e6))))).map((r) => r.reason?.message ?? "")';
    const flooded = await run(flood, given);
    expect(JSON.stringify(flooded)).toContain('too long together');
    expect(await run('await context.api.f("long")', given)).toMatchObject({
      error: expect.stringMatching(/the answer has 5000002 characters/),
    });
  });
});

describe('the pool', () => {
  it('holds up nobody: a loop in one run lets the others and this thread go on', async () => {
    const stop = new AbortController();
    const stuck = run('for (;;);', { limits: { timeout_ms: 60_000 }, signal: stop.signal });
    expect(await run('return 2')).toMatchObject({ output: 2 });
    stop.abort();
    expect(await stuck).toMatchObject({ error_class: 'stopped' });
  });

  it('lets runs wait for a thread, and forgets those that nobody waits for', async () => {
    const one = new Sandbox({ ...ports, threads: 1 });
    const go = (body: string, signal?: AbortSignal) =>
      one.run({
        source: execute(body),
        language: 'javascript',
        input: {},
        ...(signal ? { signal } : {}),
      });
    const stop = new AbortController();
    const runs = [
      go('await context.utils.sleep(20); return 1'),
      go('return 2', stop.signal),
      go('return 3'),
    ];
    stop.abort();
    expect(await Promise.all(runs)).toMatchObject([
      { output: 1 },
      { error_class: 'stopped' },
      { output: 3 },
    ]);
    await one.stop();
    expect(await go('return 4')).toMatchObject({ error_class: 'stopped' });
  });

  it('goes by the clock that it was given', async () => {
    const clock = new ManualClock();
    const one = new Sandbox({ ...ports, clock, threads: 1 });
    const called = Promise.withResolvers<void>();
    const result = one.run({
      source: execute('await context.api.hang()'),
      language: 'javascript',
      input: {},
      functions: ['hang'],
      call: () => {
        called.resolve();
        return new Promise(() => {});
      },
    });
    await called.promise;
    clock.advance(10_000);
    expect(await result).toMatchObject({
      error_class: 'timeout',
      error: 'it took longer than 10000 ms',
    });
    await one.stop();
  });
});
