import { Button } from '../ui/button.tsx';
import type { Older } from './use-older.ts';

/** Reads what is older; it can be pressed again and again without the keyboard losing its place. */
export function OlderButton({
  older,
  label,
  onRead,
}: {
  older: Older;
  label: string;
  onRead?: () => void;
}) {
  return (
    <div className="pb-2 text-center">
      <Button
        look="bare"
        className="aria-disabled:text-ink-faint"
        aria-disabled={older.is_reading}
        onClick={() => {
          onRead?.();
          older.read();
        }}
      >
        {older.is_reading ? 'Reading…' : label}
      </Button>
    </div>
  );
}
