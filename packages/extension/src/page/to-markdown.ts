import { Readability } from '@mozilla/readability';
import TurndownService from 'turndown';
import type { PageText } from './read-page.ts';

/** A note is for reading: longer pages are cut, in characters. A request has room for it in any script. */
export const NOTE_CHARS = 100_000;
const ELEMENTS = 40_000;

/** The readable part of a page. */
export interface Readable {
  readonly title: string;
  readonly markdown: string;
  readonly is_cut: boolean;
}

/**
 * The readable part of a page as Markdown; its plain text where nothing stands out as an article. The page's HTML is
 * parsed into a document of its own, where no script runs and nothing is fetched, and never becomes part of ours.
 */
export function toMarkdown(page: PageText): Readable {
  const found = readArticle(page);
  const whole = (found?.markdown ?? page.text)
    // The database knows no NUL.
    .replaceAll('\0', '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  const markdown = whole.slice(0, NOTE_CHARS).toWellFormed();
  const title = (found?.title ?? page.title).trim() || page.url;
  return { title: title.slice(0, 255).toWellFormed(), markdown, is_cut: whole.length > NOTE_CHARS };
}

function readArticle(page: PageText): { title: string | null; markdown: string } | null {
  const parsed = new DOMParser().parseFromString(page.html, 'text/html');
  for (const link of parsed.querySelectorAll('a[href]')) makeWhole(link, page.base_url);
  let article: ReturnType<Readability<string>['parse']>;
  try {
    article = new Readability(parsed, { maxElemsToParse: ELEMENTS }).parse();
  } catch {
    // A page with more elements than anybody reads.
    return null;
  }
  if (!article?.content?.trim()) return null;
  const content = new DOMParser().parseFromString(article.content, 'text/html').body;
  const turndown = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    bulletListMarker: '-',
  });
  // Pictures are not kept, and their addresses say nothing; what they show may.
  turndown.addRule('pictures', {
    filter: 'img',
    replacement: (_content, node) =>
      ('getAttribute' in node ? (node.getAttribute('alt') ?? '') : '').trim(),
  });
  return { title: article.title ?? null, markdown: turndown.turndown(content) };
}

const OPENED = new Set(['http:', 'https:', 'mailto:']);

/** A link with its whole address; one that leads nowhere outside of its page is none. */
function makeWhole(link: Element, base_url: string): void {
  const url = URL.parse(link.getAttribute('href') ?? '', base_url);
  if (url !== null && OPENED.has(url.protocol)) link.setAttribute('href', url.href);
  else link.removeAttribute('href');
}
