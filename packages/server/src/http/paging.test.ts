import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.ts';
import { decodeCursor, encodeCursor, linkNext, readIfMatch, readList } from './paging.ts';
import { HOST, openTestServer } from './testing.ts';

type Place = (string | number)[];
const isPlace = (place: unknown): place is Place =>
  Array.isArray(place) && place.every((each) => ['string', 'number'].includes(typeof each));

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'nothing was refused';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

describe('a cursor', () => {
  it('brings back what was put in, and fits into an address', () => {
    const place = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer()));
    fc.assert(
      fc.property(place, (given) => {
        const cursor = encodeCursor(given);
        expect(cursor).toMatch(/^[\w-]*$/);
        expect(decodeCursor(cursor, isPlace)).toEqual(given);
      }),
    );
  });

  it('that somebody made up is refused in one way', () => {
    const never = (place: unknown): place is never => typeof place === 'symbol';
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codeOf(() => decodeCursor(text, never))).toBe('invalid_cursor');
      }),
    );
    for (const text of ['', '!', 'null', encodeCursor([]).slice(1), '%00', 'bnVsbA', 'e30'])
      expect(
        codeOf(() =>
          decodeCursor(text, (place): place is Place => isPlace(place) && place.length > 0),
        ),
      ).toBe('invalid_cursor');
  });
});

describe('If-Match', () => {
  it.each([
    ['3', 3],
    ['"3"', 3],
    ['W/"3"', 3],
    ['  "3" ', 3],
    ['0', 0],
    ['2147483647', 2_147_483_647],
    ['*', undefined],
    [undefined, undefined],
  ])('%s means %s', (header, version) => {
    expect(readIfMatch(header)).toBe(version);
  });

  it.each([
    '',
    'x',
    '"3',
    '3"',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '"1", "2"',
    '1,2',
    'W/3',
    '2147483648',
    '9999999999',
    '99999999999999999999999',
    '１',
  ])('%s is refused', (header) => {
    expect(codeOf(() => readIfMatch(header))).toBe('bad_request');
  });
});

describe('a list in a query', () => {
  it.each([
    [undefined, undefined],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [
      ['a', 'b,c'],
      ['a', 'b', 'c'],
    ],
    [' a , ,b,', ['a', 'b']],
    ['', []],
  ])('%j is %j', (given, expected) => {
    expect(readList(given)).toEqual(expected);
  });
});

describe('the link to the next page', () => {
  const routes = [
    (server: Parameters<Parameters<typeof openTestServer>[0][number]>[0]) => {
      server.get('/list', { config: { access: 'any' } }, (request, reply) => {
        linkNext(request, reply, 'next-place');
        return [];
      });
    },
  ];

  it.each([
    ['/list', '</list?cursor=next-place>; rel="next"'],
    ['/v1/list?tag=a&tag=b%2Cc', '</v1/list?tag=a&tag=b%2Cc&cursor=next-place>; rel="next"'],
    ['/list?cursor=before&limit=5', '</list?cursor=next-place&limit=5>; rel="next"'],
  ])('of %s keeps the rest of the address', async (url, link) => {
    const { server } = await openTestServer(routes);
    const headers = { host: HOST, authorization: 'Bearer good' };
    expect((await server.inject({ url, headers })).headers['link']).toBe(link);
  });

  it('has no token in it, and neither has the log', async () => {
    const { server, logged } = await openTestServer(routes);
    const answer = await server.inject({
      url: '/list?access_token=good&token=hunter2&tag=a',
      headers: { host: HOST },
    });
    expect(answer.headers['link']).toBe('</list?tag=a&cursor=next-place>; rel="next"');
    expect(JSON.stringify(answer.headers)).not.toContain('hunter2');
    await server.inject({ url: '/list?access_token=hunter2', headers: { host: HOST } });
    await server.inject({ url: '/nowhere?access_token=hunter2', headers: { host: HOST } });
    expect(logged()).toContain('answered');
    expect(logged()).not.toMatch(/hunter2|good/);
  });
});
