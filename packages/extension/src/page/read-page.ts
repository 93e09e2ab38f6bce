/** What is read of a page, as it stood when it was read. */
export interface PageText {
  readonly url: string;
  /** What its relative addresses start from. */
  readonly base_url: string;
  readonly title: string;
  readonly html: string;
  readonly text: string;
}

/** More of a page than this is not taken over, in characters. */
const HTML_CHARS = 3_000_000;
const TEXT_CHARS = 400_000;

/** Reads the page in a tab. Rejects where the browser does not let us: its own pages, or a site nobody consented to. */
export async function readPage(tab_id: number, with_html: boolean): Promise<PageText> {
  const [injected] = await chrome.scripting.executeScript({
    target: { tabId: tab_id },
    func: takePage,
    args: [with_html ? HTML_CHARS : 0, TEXT_CHARS],
  });
  const page: PageText | undefined = injected?.result;
  if (page === undefined) throw new Error('The page gave no answer.');
  return page;
}

/** Runs inside of the page, alone: it may use nothing but what stands in it. It reads and changes nothing. */
function takePage(html_chars: number, text_chars: number): PageText {
  let text = document.body?.innerText ?? '';
  // What is being written there is not the page's: a mail, a document, a message.
  const editors = '[contenteditable]:not([contenteditable=false])';
  for (const editor of document.querySelectorAll<HTMLElement>(editors)) {
    if (editor.innerText.trim() !== '') text = text.replace(editor.innerText, () => '');
  }
  text = text.slice(0, text_chars);
  let html = '';
  if (html_chars > 0) {
    const copy = document.documentElement.cloneNode(true) as HTMLElement;
    for (const each of copy.querySelectorAll(
      'script, style, noscript, iframe, svg, canvas, template',
    )) {
      each.remove();
    }
    for (const each of copy.querySelectorAll(editors)) each.remove();
    html = copy.outerHTML.slice(0, html_chars);
  }
  return { url: location.href, base_url: document.baseURI, title: document.title, html, text };
}
