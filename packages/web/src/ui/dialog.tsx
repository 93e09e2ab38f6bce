import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { useReturnFocus } from './use-return-focus.ts';
import { Button, IconButton } from './button.tsx';
import { ErrorNotice } from './error-notice.tsx';

/** A window over the page. Escape, a click outside and the cross close it. */
export function DialogFrame({
  title,
  description,
  onClose,
  children,
}: {
  title: string;
  description?: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-ink/30 dark:bg-sunken/70" />
        <Dialog.Content
          onCloseAutoFocus={returnFocus}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          className="fixed top-1/2 left-1/2 z-50 flex max-h-[88dvh] w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 flex-col rounded-2xl border border-line bg-surface shadow-panel"
        >
          <div className="flex items-start justify-between gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0">
              <Dialog.Title className="font-semibold break-words">{title}</Dialog.Title>
              {description !== undefined && (
                <Dialog.Description className="mt-0.5 text-sm break-words text-ink-soft">
                  {description}
                </Dialog.Description>
              )}
            </div>
            <Dialog.Close asChild>
              <IconButton label="Close" className="-mt-1 -mr-2">
                <X className="size-4" aria-hidden />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pb-5">{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Asks before something that cannot be taken back. `act` runs on yes; a failure is shown and the window stays. */
export function ConfirmDialog({
  title,
  description,
  verb,
  act,
  onClose,
}: {
  title: string;
  description: string;
  /** What the button says, such as `Delete`. */
  verb: string;
  act: () => Promise<unknown>;
  onClose: () => void;
}) {
  const [state, setState] = useState<{ is_busy: boolean; error: unknown }>({
    is_busy: false,
    error: null,
  });
  const confirm = async () => {
    setState({ is_busy: true, error: null });
    try {
      await act();
      onClose();
    } catch (error) {
      setState({ is_busy: false, error });
    }
  };
  return (
    <DialogFrame title={title} description={description} onClose={onClose}>
      {state.error !== null && <ErrorNotice title="That did not work" error={state.error} />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={state.is_busy} onClick={() => void confirm()}>
          {verb}
        </Button>
      </div>
    </DialogFrame>
  );
}
