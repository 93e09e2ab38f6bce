import { LIMITS } from '@cairn/protocol';
import type { CairnClient } from '@cairn/sdk';
import { Tag, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { lookAt } from '../live/look-at-breadcrumb.ts';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { ConfirmDialog, DialogFrame } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { readTags } from './read-filter.ts';

/** How many requests are on their way at once. */
const AT_ONCE = 6;

/** What can be done with the chosen breadcrumbs. */
export function BulkBar({
  ids,
  onDone,
}: {
  ids: readonly string[];
  /** Something was changed, or nothing is to be chosen any more. */
  onDone: () => void;
}) {
  const { client } = useSession();
  const toaster = useToaster();
  const [shown, setShown] = useState<'delete' | 'tag' | null>(null);
  const things = `${ids.length} ${ids.length === 1 ? 'breadcrumb' : 'breadcrumbs'}`;

  async function each(verb: string, act: (id: string) => Promise<unknown>): Promise<void> {
    const failures = await doEach(ids, act);
    const [first] = failures;
    if (first === undefined) toaster.done(`${things} ${verb}`);
    else toaster.failed(`${failures.length} of ${things} were not ${verb}`, first);
    onDone();
  }

  return (
    <div
      role="toolbar"
      aria-label="Chosen breadcrumbs"
      className="sticky bottom-4 z-20 mx-auto mt-3 flex w-fit flex-wrap items-center gap-2 rounded-xl border border-line-strong bg-raised p-2 pl-4 text-sm shadow-panel"
    >
      <span className="tabular-nums">{things}</span>
      <CopyButton text={ids.join('\n')} label="Copy their ids" />
      <Button onClick={() => setShown('tag')}>
        <Tag className="size-4" aria-hidden />
        Add a tag
      </Button>
      <Button look="danger" onClick={() => setShown('delete')}>
        <Trash2 className="size-4" aria-hidden />
        Delete
      </Button>
      <Button look="bare" aria-label="Choose none" onClick={onDone}>
        <X className="size-4" aria-hidden />
      </Button>
      {shown === 'delete' && (
        <ConfirmDialog
          title={`Delete ${things}?`}
          description="Their histories go with them. This cannot be taken back."
          verb="Delete"
          act={() => each('deleted', (id) => client.deleteBreadcrumb(id))}
          onClose={() => setShown(null)}
        />
      )}
      {shown === 'tag' && (
        <TagDialog
          things={things}
          onTags={(tags) => each('tagged', (id) => addTags(client, id, tags))}
          onClose={() => setShown(null)}
        />
      )}
    </div>
  );
}

function TagDialog({
  things,
  onTags,
  onClose,
}: {
  things: string;
  onTags: (tags: readonly string[]) => Promise<void>;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const [is_busy, setBusy] = useState(false);
  const tags = readTags(text);
  return (
    <DialogFrame title={`Tag ${things}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (tags.length === 0) return;
          setBusy(true);
          void onTags(tags).then(onClose);
        }}
      >
        <TextField
          label="Tags"
          hint="Several with blanks between."
          autoFocus
          value={text}
          maxLength={LIMITS.tag_chars}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={is_busy || tags.length === 0}>
            Add
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}

/** Somebody else may change the record meanwhile: then the server refuses, and the failure is told. */
async function addTags(client: CairnClient, id: string, tags: readonly string[]): Promise<void> {
  const { version, tags: known } = await lookAt(client, id);
  await client.updateBreadcrumb(id, { tags: [...new Set([...known, ...tags])] }, { version });
}

/** Acts on each, a few at a time; answers what was thrown. */
async function doEach(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const left = [...ids];
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await act(id);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}
