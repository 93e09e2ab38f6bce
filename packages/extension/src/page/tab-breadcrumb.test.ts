import { LIMITS } from '@cairn/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOf, patternOf } from './active-page.ts';
import { parseConsents, withConsent } from './consents.ts';
import { cleanPageUrl, EXCERPT_CHARS, tabBreadcrumb } from './tab-breadcrumb.ts';

describe('the breadcrumb of a page', () => {
  it('keeps to the limits of the wire, whatever the page says', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12_000 });
    fc.assert(
      fc.property(text, text, (title, body) => {
        const made = tabBreadcrumb({
          url: 'https://a.example/',
          title,
          text: body,
          conversation_id: 'c',
        });
        const context = made.context as { title: string; text: string };
        expect(made.title.length).toBeLessThanOrEqual(LIMITS.title_chars);
        expect(context.text.length).toBeLessThanOrEqual(EXCERPT_CHARS);
        for (const each of [made.title, context.title, context.text]) {
          expect(each.isWellFormed() && !each.includes('\0')).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says that the text goes on', () => {
    const made = (text: string) =>
      tabBreadcrumb({ url: 'https://a.example/', title: '', text, conversation_id: 'c' });
    expect(made('x'.repeat(EXCERPT_CHARS)).context).toMatchObject({ text_is_cut: false });
    expect(made('x'.repeat(EXCERPT_CHARS + 1)).context).toMatchObject({ text_is_cut: true });
    // A page without a title goes by its address.
    expect(made('').title).toBe('Page: https://a.example/');
  });
});

describe('an address', () => {
  it.each([
    ['https://anna:secret@a.example/x?q=1#here', 'https://a.example/x?q=1'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/'],
    ['not an address', ''],
  ])('%s is shared as %s', (url, shared) => {
    expect(cleanPageUrl(url)).toBe(shared);
  });

  it.each([
    ['https://a.example:8443/x', 'https://a.example:8443', 'https://a.example/*'],
    ['http://[::1]:3000/', 'http://[::1]:3000', 'http://[::1]/*'],
  ])('%s belongs to the site %s and asks for %s', (url, origin, pattern) => {
    expect(originOf(url)).toBe(origin);
    expect(patternOf(origin)).toBe(pattern);
  });

  it.each(['chrome://settings', 'file:///etc/passwd', 'about:blank', 'data:text/html,x', '', null])(
    '%s belongs to no site',
    (url) => {
      expect(originOf(url)).toBeNull();
    },
  );
});

describe('consents', () => {
  it('are given and taken back site by site', () => {
    const one = withConsent({}, 'https://a.example', '2026-01-01T00:00:00Z');
    const two = withConsent(one, 'https://b.example', '2026-01-02T00:00:00Z');
    expect(Object.keys(two)).toEqual(['https://a.example', 'https://b.example']);
    expect(withConsent(two, 'https://a.example', null)).toEqual({
      'https://b.example': '2026-01-02T00:00:00Z',
    });
  });

  it('are none where the storage holds something else', () => {
    for (const raw of [undefined, null, 5, 'x', [1], { 'https://a.example': true }]) {
      expect(parseConsents(raw)).toEqual({});
    }
    expect(parseConsents({ a: '2026', b: 1 })).toEqual({ a: '2026' });
  });
});
