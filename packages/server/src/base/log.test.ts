import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, silentLog, type LogLevel } from './log.ts';

const SECRET = 'hunter2-distinctive';

function openLog(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return {
    log,
    lines,
    read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('the log', () => {
  it('writes one JSON line with fields, message and an RFC 3339 time', () => {
    const { log, read } = openLog();
    log.info({ run: 'a', count: 3 }, 'done');
    expect(read()).toMatchObject([{ run: 'a', count: 3, msg: 'done', level: 30 }]);
    expect(String(read()[0]?.['time'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('leaves out what is below its level, and everything when silent', () => {
    const { log, read } = openLog('warn');
    log.info({}, 'no');
    log.warn({}, 'yes');
    log.error({}, 'yes too');
    expect(read().map(({ msg }) => msg)).toEqual(['yes', 'yes too']);
    const silent = openLog('silent');
    silent.log.error({}, 'no');
    expect(silent.lines).toEqual([]);
    expect(() => silentLog.child({ a: 1 }).error({}, 'no')).not.toThrow();
  });

  it('adds the fields of a child, and of its child, to every line', () => {
    const { log, read } = openLog();
    log.child({ module: 'queue' }).child({ worker: 2 }).info({ n: 1 }, 'x');
    expect(read()).toMatchObject([{ module: 'queue', worker: 2, n: 1 }]);
  });
});

describe('redaction', () => {
  const names = [
    'authorization',
    'Authorization',
    'proxy-authorization',
    'api_key',
    'apiKey',
    'X-Api-Key',
    'openai_api_key',
    'token',
    'access_token',
    'refreshToken',
    'password',
    'client_secret',
    'secret',
    'cookie',
    'Set-Cookie',
    'private_key',
    'key',
  ];
  it.each(names)('hides %s at the top, nested, in lists and in a child', (name) => {
    const { log, lines } = openLog();
    const holder = { [name]: SECRET };
    log.info(holder, 'top');
    log.info({ a: { b: { c: { d: { e: holder } } } } }, 'deep');
    log.info({ list: [[holder], { more: [holder] }] }, 'list');
    log.child(holder).info({}, 'child');
    log
      .child({ a: { b: holder } })
      .child(holder)
      .info({}, 'child of a child');
    expect(lines).toHaveLength(5);
    expect(lines.join('')).not.toContain(SECRET);
    expect(lines.every((line) => line.includes('[redacted]'))).toBe(true);
  });

  it('hides secrets that hang on an error, and keeps its message and stack', () => {
    const { log, lines, read } = openLog();
    const error = Object.assign(new Error('it broke', { cause: new Error('the deeper reason') }), {
      request: { headers: { authorization: SECRET } },
    });
    log.error({ err: error }, 'failed');
    log.error({ deep: { errors: [error] } }, 'failed');
    log.error(error, 'failed');
    expect(lines.join('')).not.toContain(SECRET);
    const [{ err } = {}] = read();
    expect(err).toMatchObject({
      type: 'Error',
      message: expect.stringContaining('it broke') as string,
      stack: expect.stringContaining('the deeper reason') as string,
    });
    expect(lines[2]).toContain('it broke');
  });

  it('hides the password of an address wherever one is written', () => {
    const { log, lines } = openLog();
    const url = `postgres://cairn:${SECRET}@db.example:5432/cairn`;
    log.warn({ url, reason: `cannot connect to ${url}`, err: new Error(url) }, 'no database');
    expect(lines.join('')).not.toContain(SECRET);
    expect(lines[0]).toContain('db.example:5432');
  });

  it('keeps what only looks like a secret: counts of tokens, whether one is set, keys of other kinds', () => {
    const { log, read } = openLog();
    const fields = { input_tokens: 12, key_id: 'k1', monkey: 'see', token: null, keys: 3 };
    log.info(fields, 'x');
    expect(read()).toMatchObject([fields]);
  });

  it('survives circles, endless depth, bigints and objects that write themselves', () => {
    const { log, lines } = openLog();
    const circle: Record<string, unknown> = { token: SECRET };
    circle['self'] = circle;
    let deep: object = { token: SECRET };
    for (let level = 0; level < 5_000; level++) deep = { deep };
    const own = { toJSON: () => ({ token: SECRET, shown: 1 }) };
    log.info({ circle, deep, big: 10n, own, when: new Date(0) }, 'x');
    expect(lines.join('')).not.toContain(SECRET);
    expect(lines[0]).toContain('"shown":1');
    expect(lines[0]).toContain('1970-01-01T00:00:00.000Z');
  });

  it('never lets a secret through, in whatever it is nested', () => {
    const nested = fc.letrec<{ holder: unknown }>((tie) => ({
      holder: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(...names).map((name) => ({ [name]: SECRET })),
        fc.constantFrom(...names).map((name) => ({ [name]: { inside: [SECRET] } })),
        fc.array(tie('holder'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('holder'), { maxKeys: 3 }),
      ),
    })).holder;
    fc.assert(
      fc.property(nested, (value) => {
        const { log, lines } = openLog();
        log.info({ value }, 'x');
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toContain(SECRET);
      }),
    );
  });
});
