import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { DialogFrame } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';

/** A form in a window. `submit` sends it and says what comes after, such as closing; a failure is shown and the window stays. */
export function FormDialog({
  title,
  description,
  verb,
  is_danger = false,
  is_ready = true,
  submit,
  onClose,
  children,
}: {
  title: string;
  description?: string;
  /** What the button says, such as `Create`. */
  verb: string;
  is_danger?: boolean;
  /** False while something is missing that must be filled in. */
  is_ready?: boolean;
  submit: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}) {
  const [is_busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (is_busy || !is_ready) return;
    setBusy(true);
    setError(null);
    try {
      await submit();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <DialogFrame
      title={title}
      onClose={onClose}
      {...(description === undefined ? {} : { description })}
    >
      <form onSubmit={(event) => void send(event)} autoComplete="off" className="space-y-4 pt-1">
        {children}
        {error !== null && <ErrorNotice title="That did not work" error={error} />}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look={is_danger ? 'danger' : 'primary'}
            disabled={is_busy || !is_ready}
          >
            {verb}
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}
