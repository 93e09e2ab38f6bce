import { CircleAlert, CircleCheck, WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { describeError } from '../ui/describe-error.ts';
import { useStore } from '../ui/use-store.ts';

const BACK_SHOWN_MS = 4_000;

/** Says loudly when the server has gone, and quietly when it is back. */
export function ConnectionBanner() {
  const { live } = useSession();
  const { phase } = useStore(live.connection);
  const refusal = useStore(live.refusal);
  const [was_offline, setWasOffline] = useState(false);
  const is_back = was_offline && phase === 'live';
  if (phase === 'offline' && !was_offline) setWasOffline(true);
  useEffect(() => {
    if (!is_back) return;
    const timer = setTimeout(() => setWasOffline(false), BACK_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [is_back]);

  if (refusal !== null) {
    const { summary, detail } = describeError(refusal);
    return (
      <Line
        look="bg-bad-soft text-ink"
        icon={<CircleAlert className="size-4 text-bad" aria-hidden />}
      >
        <span className="min-w-0 flex-1">The server refuses the live connection: {summary}</span>
        <CopyButton text={detail} label="Copy the detail" />
        <Button onClick={live.reconnect}>Try again</Button>
      </Line>
    );
  }
  if (phase === 'offline') {
    return (
      <Line look="bg-bad-soft text-ink" icon={<WifiOff className="size-4 text-bad" aria-hidden />}>
        <span className="min-w-0 flex-1">
          The server does not answer. What you see stays, and the page goes on by itself when it is
          back.
        </span>
        <Button onClick={live.reconnect}>Try now</Button>
      </Line>
    );
  }
  if (!is_back) return null;
  return (
    <Line
      look="bg-accent-soft text-ink"
      icon={<CircleCheck className="size-4 text-accent" aria-hidden />}
    >
      <span>Back. What happened meanwhile is here.</span>
    </Line>
  );
}

function Line({
  look,
  icon,
  children,
}: {
  look: string;
  icon: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <div
      role="status"
      data-testid="connection-banner"
      className={`flex shrink-0 items-center gap-3 border-b border-line px-4 py-2 text-sm ${look}`}
    >
      {icon}
      {children}
    </div>
  );
}
