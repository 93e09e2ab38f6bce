import { DialogFrame } from '../ui/dialog.tsx';
import { PLACES } from './places.ts';

const KEYS = [
  { keys: 'Ctrl K', does: 'Go anywhere' },
  { keys: '/', does: 'Filter the list' },
  { keys: 'j k', does: 'Next and previous row' },
  { keys: 'Enter', does: 'Open the row' },
  { keys: 'Esc', does: 'Close what is open' },
  { keys: '?', does: 'This help' },
];

/** The keys that work everywhere. */
export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const places = PLACES.map(({ key, name }) => ({ keys: `g ${key}`, does: name }));
  return (
    <DialogFrame title="Keyboard" onClose={onClose}>
      <dl className="grid grid-cols-1 gap-x-8 gap-y-2 text-sm sm:grid-cols-2">
        {[...KEYS, ...places].map(({ keys, does }) => (
          <div key={keys} className="flex items-center justify-between gap-4">
            <dt className="text-ink-soft">{does}</dt>
            <dd className="flex gap-1">
              {keys.split(' ').map((each) => (
                <kbd
                  key={each}
                  className="rounded border border-line bg-sunken px-1.5 font-sans text-xs"
                >
                  {each}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </DialogFrame>
  );
}
