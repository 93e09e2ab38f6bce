import type { FullRun } from '@cairn/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { Braces, CircleStop, Terminal } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../session/session.ts';
import { JsonView } from '../trail/json-view.tsx';
import { Button } from '../ui/button.tsx';
import { CommandLine } from '../ui/command-line.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { ConfirmDialog, DialogFrame } from '../ui/dialog.tsx';
import { useToaster } from '../ui/toasts.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { curlCommand } from './sum-up-run.ts';

/** What can be done with a run: see it raw, read it with curl and, while an agent of Cairn is at it, stop it. */
export function RunActions({ run }: { run: FullRun }) {
  const [shown, setShown] = useState<'json' | 'curl' | null>(null);
  const close = () => setShown(null);
  return (
    <>
      {run.status === 'running' && run.source === 'cairn' && <StopRun run_id={run.run_id} />}
      <Button onClick={() => setShown('curl')}>
        <Terminal className="size-3.5" aria-hidden />
        <span className="max-sm:sr-only">Copy as curl</span>
      </Button>
      <Button onClick={() => setShown('json')}>
        <Braces className="size-3.5" aria-hidden />
        <span className="max-sm:sr-only">Raw JSON</span>
      </Button>
      {shown === 'json' && <RawRun run={run} onClose={close} />}
      {shown === 'curl' && (
        <DialogFrame
          title="Read this run with curl"
          description="Put a key of yours into CAIRN_KEY; in dev mode none is needed."
          onClose={close}
        >
          <CommandLine command={curlCommand(globalThis.location.origin, run.run_id)} />
        </DialogFrame>
      )}
    </>
  );
}

function RawRun({ run, onClose }: { run: FullRun; onClose: () => void }) {
  return (
    <DialogFrame title="The run as the API answers it" onClose={onClose}>
      <ScrollBox label="JSON" className="relative rounded-lg bg-sunken p-3">
        <CopyButton
          text={JSON.stringify(run, null, 2)}
          label="Copy the JSON"
          className="absolute top-1.5 right-1.5"
        />
        <JsonView value={run} />
      </ScrollBox>
    </DialogFrame>
  );
}

/** Stops a run of an agent, after asking. */
export function StopRun({ run_id }: { run_id: string }) {
  const { client } = useSession();
  const cache = useQueryClient();
  const toaster = useToaster();
  const [is_asking, setAsking] = useState(false);
  const stop = async () => {
    await client.registry.stopRun(run_id);
    toaster.done('The run is being stopped');
    await cache.invalidateQueries({ queryKey: ['run', run_id] });
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        <CircleStop className="size-3.5" aria-hidden />
        Stop
      </Button>
      {is_asking && (
        <ConfirmDialog
          title="Stop this run?"
          description="It ends with what it has, and so do all runs that it began."
          verb="Stop the run"
          act={stop}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
