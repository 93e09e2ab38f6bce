import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A web site of a test. */
export interface TestSite {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly origin: string;
}

/** Serves HTML by path on a port of its own, which makes it a site of its own. It is ended with the test. */
export async function servePages(pages: Readonly<Record<string, string>>): Promise<TestSite> {
  const server = createServer((request, response) => {
    const html = pages[request.url ?? ''];
    response.writeHead(html === undefined ? 404 : 200, { 'content-type': 'text/html' });
    response.end(html ?? 'Not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A page with an article that is long enough to be taken for one. */
export function articlePage(title: string, sentence: string): string {
  const paragraph = `<p>${`${sentence} `.repeat(6)}</p>`;
  return `<!doctype html><html lang="en"><head><title>${title}</title></head><body>
    <nav><a href="/">Somewhere else</a></nav>
    <article><h1>${title}</h1>${paragraph.repeat(5)}
    <p>See the <a href="/more">next page</a>.</p></article>
    <script>document.title += '';</script></body></html>`;
}
