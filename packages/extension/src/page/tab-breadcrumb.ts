import { sessionTag, type BreadcrumbCreate } from '@cairn/protocol';

/** The schema of the breadcrumb of a shared page. */
export const TAB_SCHEMA = 'browser.tab.context.v1';
/** The tag of the page that is in front. */
export const ACTIVE_TAB_TAG = 'browser:active-tab';
/** Characters of the page's text that are shared. */
export const EXCERPT_CHARS = 4_000;
/** How long a shared page stays when nobody is there any more to take it back. */
export const TTL_MINUTES = 5;

/** A page that its reader shares, as it stands in the breadcrumb. */
export interface PageContext {
  readonly url: string;
  readonly title: string;
  readonly text: string;
  readonly conversation_id: string;
}

/** The address without what is nobody's business: a name and password in it, and the place on the page. */
export function cleanPageUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return '';
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  return parsed.href.slice(0, 2_000).toWellFormed();
}

/** The breadcrumb of a shared page. The tag of the conversation is how contexts find it. */
export function tabBreadcrumb(page: PageContext): BreadcrumbCreate {
  const text = page.text
    .replaceAll('\0', '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  const title = page.title.replaceAll('\0', '').trim() || page.url;
  return {
    title: `Page: ${title}`.slice(0, 255).toWellFormed(),
    schema_name: TAB_SCHEMA,
    tags: [ACTIVE_TAB_TAG, 'browser:context', 'extension:tab', sessionTag(page.conversation_id)],
    context: {
      url: page.url,
      title: title.slice(0, 500).toWellFormed(),
      text: text.slice(0, EXCERPT_CHARS).toWellFormed(),
      text_is_cut: text.length > EXCERPT_CHARS,
      conversation_id: page.conversation_id,
      source: 'extension',
    },
    ttl_type: 'duration',
    ttl_config: { minutes: TTL_MINUTES },
  };
}
