import { useEffect, useRef, useState } from 'react';
import { isTurnOpen, type Turn } from './assemble-conversation.ts';

/** Reads out an answer once, when it is whole; piece by piece nobody could listen to it. */
export function Announcer({ turns }: { turns: readonly Turn[] }) {
  const last = turns.at(-1);
  const is_open = last !== undefined && isTurnOpen(last);
  const watched = useRef<string | null>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (last === undefined) return;
    if (is_open) {
      watched.current = last.key;
      return;
    }
    if (watched.current !== last.key) return;
    watched.current = null;
    const texts = last.runs.map((run) =>
      run.error === null ? run.text : `The run failed: ${run.error.message}`,
    );
    setSaid(texts.join('\n'));
  }, [last, is_open]);
  return (
    <div aria-live="polite" className="sr-only">
      {said}
    </div>
  );
}
