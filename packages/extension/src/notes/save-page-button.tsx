import { Button, describeError, newId } from '@cairn/web';
import { useMutation } from '@tanstack/react-query';
import { BookmarkPlus } from 'lucide-react';
import { originOf, patternOf, readActivePage, type ActivePage } from '../page/active-page.ts';
import { readPage } from '../page/read-page.ts';
import { cleanPageUrl } from '../page/tab-breadcrumb.ts';
import { toMarkdown } from '../page/to-markdown.ts';
import type { NoteDraft } from '../storage/panel-state.ts';
import { usePanel } from '../storage/use-panel.ts';

/** Reads the page in front, so that it can be saved as a note. Asks the browser for the site where that is needed. */
export function SavePageButton() {
  const { change } = usePanel();
  const save = useMutation({
    mutationFn: readForNote,
    onSuccess: (note_draft) => change({ note_draft, place: 'notes' }),
  });
  return (
    <>
      <Button
        look="primary"
        className="w-full"
        disabled={save.isPending}
        onClick={() => save.mutate()}
      >
        <BookmarkPlus className="size-4" aria-hidden />
        {save.isPending ? 'Reading the page…' : 'Save this page'}
      </Button>
      {save.isError && (
        <p role="alert" className="text-xs break-words text-bad">
          {describeError(save.error).summary}
        </p>
      )}
    </>
  );
}

/** The page in front as a note to save. @throws Error with a sentence that says what its reader can do */
export async function readForNote(): Promise<NoteDraft> {
  const active = await readActivePage();
  if (active === null) throw new Error('There is no page beside this panel.');
  const page = await readPage(active.tab_id, true).catch(() => readWithConsent(active));
  const { title, markdown, is_cut } = toMarkdown(page);
  if (markdown === '') throw new Error('This page has no text to save.');
  const url = cleanPageUrl(page.url);
  return {
    key: newId(),
    title,
    tags: '',
    url,
    site: URL.parse(url)?.hostname ?? '',
    content: markdown,
    is_cut,
  };
}

/** The browser did not let us read it by itself. */
async function readWithConsent(active: ActivePage) {
  const origin = originOf(active.url);
  if (active.url !== null && origin === null) {
    throw new Error('Pages of the browser itself cannot be read.');
  }
  if (origin === null) {
    throw new Error(
      'The browser does not show this page to the panel yet. Click the Cairn button in the toolbar (Alt+Shift+C) while the page is in front, and try again.',
    );
  }
  if (!(await chrome.permissions.request({ origins: [patternOf(origin)] }))) {
    throw new Error(`Without your consent ${origin} cannot be read.`);
  }
  return readPage(active.tab_id, true);
}
