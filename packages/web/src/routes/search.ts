/** What the address says besides the conversation. Every value is text; what is absent is at its default. */
export interface PageSearch {
  /** The breadcrumb whose panel is open. */
  readonly breadcrumb?: string;
  /** Filter of the trail: a schema name, or `none`. */
  readonly schema?: string;
  /** Filter of the trail: words. */
  readonly q?: string;
  /** On narrow screens: the trail instead of the chat. */
  readonly view?: 'trail';
}

/** Takes what it knows from an address and leaves out the rest. */
export function readSearch(raw: Readonly<Record<string, unknown>>): PageSearch {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const breadcrumb = text('breadcrumb');
  const schema = text('schema');
  const q = text('q');
  return {
    ...(breadcrumb === undefined ? {} : { breadcrumb }),
    ...(schema === undefined ? {} : { schema }),
    ...(q === undefined ? {} : { q }),
    ...(raw['view'] === 'trail' ? { view: 'trail' as const } : {}),
  };
}

/** What the address of a list says: texts by name, such as its filters. */
export type TextSearch = Readonly<Record<string, string>>;

const TEXTS_AT_MOST = 40;
const CHARS_AT_MOST = 4_000;

/** The texts of an address, without those that are empty or far too long. Each page reads from them what it knows. */
export function readTexts(raw: Readonly<Record<string, unknown>>): TextSearch {
  const texts = Object.entries(raw).filter(
    (each): each is [string, string] =>
      typeof each[1] === 'string' && each[1] !== '' && each[1].length <= CHARS_AT_MOST,
  );
  return Object.fromEntries(texts.slice(0, TEXTS_AT_MOST));
}

/** `?q=17` is the text "17": the router's own reading would make it a number. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** The reverse of `parseSearch`; empty values are left out. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
