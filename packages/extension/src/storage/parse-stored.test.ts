import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanServerUrl, DEFAULT_SERVER, parseConnection, parseKey } from './connection.ts';
import { freshPanelState, parsePanelState, PLACES, type PanelState } from './panel-state.ts';
import { parseErrand } from './parse-errand.ts';

describe('the address of a server', () => {
  it.each([
    ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
    ['  http://127.0.0.1:8081/chat?x=1  ', 'http://127.0.0.1:8081'],
    ['localhost:9000', 'http://localhost:9000'],
    ['127.0.0.1', 'http://127.0.0.1'],
    ['cairn.example', 'https://cairn.example'],
    ['HTTPS://Cairn.Example/', 'https://cairn.example'],
  ])('%s means %s', (typed, url) => {
    expect(cleanServerUrl(typed)).toBe(url);
  });

  it.each([
    '',
    '   ',
    'ftp://a.example',
    'javascript:alert(1)',
    'http://',
    'a b',
    'http://u:p@a.example',
  ])('"%s" is none', (typed) => {
    expect(cleanServerUrl(typed)).toBeNull();
  });
});

describe('what is stored', () => {
  it('is read back as it was kept', () => {
    const state: PanelState = {
      place: 'notes',
      conversation_id: 'c1',
      draft: 'half a sentence',
      unsent: [{ key: 'k', conversation_id: 'c1', text: 'hello', tags: ['extension:chat'] }],
      note_draft: {
        key: 'k',
        title: 'T',
        tags: 'a',
        url: 'https://a.example/',
        site: 'a.example',
        content: 'text',
        is_cut: true,
      },
    };
    expect(parsePanelState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    const connection = { server_url: 'https://a.example', is_signed_in: true };
    expect(parseConnection(connection)).toEqual(connection);
    const errands = [
      { window_id: 3, kind: 'ask', text: 't', url: 'u' },
      { window_id: 3, kind: 'save_page' },
    ];
    expect(errands.map(parseErrand)).toEqual(errands);
  });

  it('never breaks the panel, whatever stands there', () => {
    const keys = [
      'place',
      'conversation_id',
      'draft',
      'unsent',
      'note_draft',
      'server_url',
      'window_id',
      'kind',
      'text',
    ];
    const raw = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(raw, (value) => {
        const state = parsePanelState(value);
        expect(PLACES).toContain(state.place);
        expect(typeof state.draft).toBe('string');
        expect(parseConnection(value).server_url).toMatch(/^https?:\/\//);
        parseErrand(value);
      }),
    );
    expect(parseConnection(undefined)).toEqual({ server_url: DEFAULT_SERVER, is_signed_in: false });
    expect([undefined, '', 5, 'cairn_x'].map(parseKey)).toEqual([null, null, null, 'cairn_x']);
    expect(freshPanelState().conversation_id).not.toBe(freshPanelState().conversation_id);
  });
});
