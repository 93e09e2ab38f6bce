import { ArrowUp } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { LIMITS } from '@cairn/protocol';
import { classNames } from '../ui/class-names.ts';

const ROWS_AT_MOST = 8;
/** Room for the rest of the request's body. */
const CHARS_AT_MOST = Math.floor(LIMITS.body_bytes / 4);

/** Where messages are written. Enter sends, Shift+Enter starts a new line. */
export function Composer({
  conversation_id,
  is_offline,
  placeholder = 'Write a message',
  onSend,
}: {
  conversation_id: string | null;
  /** Nothing can be sent; a stream that is only not open yet, or lost a moment ago, is no reason to drop an Enter. */
  is_offline: boolean;
  placeholder?: string;
  /** Answers false when the text was not sent, and so is to be kept. */
  onSend: (text: string) => void | Promise<boolean>;
}) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On a touch screen the focus would open the keyboard over half of the page.
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, [conversation_id]);
  const can_send = !is_offline && text.trim() !== '';
  const send = () => {
    if (!can_send) return;
    const kept = text.trim();
    setText('');
    field.current?.focus();
    void Promise.resolve(onSend(kept)).then((was_sent) => {
      if (was_sent === false) setText((now) => now || kept);
    });
  };
  return (
    <form
      className="mx-auto w-full max-w-[46rem] px-4 pb-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex items-end gap-2 rounded-2xl border border-line-strong bg-raised p-2 shadow-panel transition-colors focus-within:border-accent">
        <textarea
          ref={field}
          aria-label="Message"
          aria-describedby="composer-hint"
          placeholder={placeholder}
          rows={Math.min(ROWS_AT_MOST, text.split('\n').length)}
          maxLength={CHARS_AT_MOST}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            // While an input method composes a character, Enter confirms that character.
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          className="field-sizing-content max-h-52 min-h-9 flex-1 resize-none bg-transparent px-2 py-1.5 placeholder:text-ink-faint focus-visible:outline-none"
        />
        <button
          type="submit"
          aria-label="Send"
          title="Send (Enter)"
          disabled={!can_send}
          className="inline-flex size-9 shrink-0 items-center justify-center rounded-xl bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:bg-sunken disabled:text-ink-faint"
        >
          <ArrowUp className="size-4.5" strokeWidth={2.25} aria-hidden />
        </button>
      </div>
      <p
        id="composer-hint"
        className={classNames(
          'mt-1.5 text-center text-2xs',
          is_offline ? 'text-warn' : 'text-ink-faint',
        )}
      >
        {is_offline
          ? 'Not connected: you can write on, and send when the server is back'
          : 'Enter sends, Shift+Enter starts a new line'}
      </p>
    </form>
  );
}
