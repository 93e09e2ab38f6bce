import { inWords, pick, type DemoRule } from '../demo-rule.ts';

const SEARCH =
  /^(?:please )?(?:search|find|look up|look for)\b(?: for)?(?: (?:in )?(?:my |the |all )?(?:notes?|breadcrumbs?|records?)\b)?(?: (?:about|for|on|with|named|called))?[\s:,]*([\s\S]*)$/i;
const SHOWN = 5;

/** "search breadcrumbs about the demo". */
export const search: DemoRule = {
  tool: 'breadcrumb_search',
  example: 'find notes about the demo',
  read(text) {
    const found = SEARCH.exec(text.trim());
    if (!found) return null;
    const query = found[1]
      ?.trim()
      .replace(/[?.!]+$/, '')
      .slice(0, 200)
      .trim();
    return query ? { query } : {};
  },
  say({ input, output }) {
    const list = pick(output, 'breadcrumbs', 'results', 'items');
    const about = typeof input['query'] === 'string' ? ` for "${inWords(input['query'])}"` : '';
    if (!Array.isArray(list)) return `The search${about} gave: ${inWords(list)}.`;
    if (list.length === 0) return `I found nothing${about}.`;
    const titles = list.slice(0, SHOWN).map((each: unknown) => inWords(pick(each, 'title', 'id')));
    const count = list.length === 1 ? '1 breadcrumb' : `${list.length} breadcrumbs`;
    const more = list.length > SHOWN ? ', and more' : '';
    return `I found ${count}${about}: ${titles.join(', ')}${more}.`;
  },
};
