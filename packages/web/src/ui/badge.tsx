import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleX,
  LoaderCircle,
  type LucideIcon,
} from 'lucide-react';
import { classNames } from './class-names.ts';

/** What a state means for people, whatever it is called. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm';

const TONES: Readonly<Record<Tone, { Icon: LucideIcon; look: string }>> = {
  good: { Icon: CircleCheck, look: 'text-accent' },
  bad: { Icon: CircleX, look: 'text-bad' },
  warn: { Icon: CircleAlert, look: 'text-warn' },
  busy: { Icon: LoaderCircle, look: 'text-kind-message' },
  calm: { Icon: CircleDashed, look: 'text-ink-faint' },
};

/** A state as sign, colour and word: never as colour alone. */
export function StatusBadge({
  tone,
  children,
  className,
}: {
  tone: Tone;
  children: string;
  className?: string;
}) {
  const { Icon, look } = TONES[tone];
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1.5 align-middle text-xs font-medium whitespace-nowrap',
        className,
      )}
    >
      <Icon
        className={classNames('size-3.5 shrink-0', look, tone === 'busy' && 'animate-spin-slow')}
        aria-hidden
      />
      {children}
    </span>
  );
}

/** A small label, such as a tag or an environment. */
export function Chip({ children, title }: { children: string; title?: string }) {
  return (
    <span
      title={title ?? children}
      className="inline-block max-w-full truncate rounded bg-sunken px-1.5 align-middle text-2xs text-ink-soft"
    >
      {children}
    </span>
  );
}
