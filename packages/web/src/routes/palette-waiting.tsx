/** Takes the keys that are meant for the palette while that is on its way. Escape gives it up. */
export function PaletteWaiting({
  onText,
  onClose,
}: {
  onText: (text: string) => void;
  onClose: () => void;
}) {
  return (
    <div
      role="dialog"
      aria-modal="true"
      aria-label="Go to"
      className="fixed top-[12dvh] left-1/2 z-50 w-[min(38rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-surface px-4 shadow-panel"
    >
      <input
        autoFocus
        aria-label="Go to"
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
        className="h-12 w-full bg-transparent pl-8 text-sm outline-none focus-visible:outline-none"
      />
    </div>
  );
}
