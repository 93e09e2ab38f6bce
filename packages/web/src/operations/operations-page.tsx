import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ShieldAlert } from 'lucide-react';
import type { ComponentType } from 'react';
import { NotFound } from '../routes/page-states.tsx';
import { classNames } from '../ui/class-names.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { AuditPart } from './audit-part.tsx';
import { DeadLettersPart } from './dead-letters-part.tsx';
import { HygienePart } from './hygiene-part.tsx';
import { KeysPart } from './keys-part.tsx';
import { PARTS, partOf, type Part } from './parts.ts';
import { PrincipalsPart } from './principals/principals-part.tsx';
import { QueuesPart } from './queues-part.tsx';
import { SecretsPart } from './secrets/secrets-part.tsx';
import { StatusPart } from './status/status-part.tsx';
import { TenantPart } from './tenant-part.tsx';
import { useCaller } from './use-caller.ts';
import { WebhooksPart } from './webhooks/webhooks-part.tsx';

const CONTENTS: Readonly<Record<Part['id'], ComponentType>> = {
  status: StatusPart,
  webhooks: WebhooksPart,
  'dead-letters': DeadLettersPart,
  queues: QueuesPart,
  secrets: SecretsPart,
  hygiene: HygienePart,
  tenants: TenantPart,
  principals: PrincipalsPart,
  keys: KeysPart,
  audit: AuditPart,
};

/** What runs the installation, in parts: the address names the part that is shown. */
export function OperationsPage() {
  const { part: id } = useParams({ strict: false });
  const part = partOf(id);
  if (part === null) return <NotFound />;
  return (
    <Page title={part.name} about={part.about}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-8 lg:grid-cols-[10rem_minmax(0,1fr)]">
        <PartNavigation shown={part} />
        <div className="min-w-0">
          {/* A part begins anew when another is opened: what was typed or revealed does not stay. */}
          <PartContent key={part.id} part={part} />
        </div>
      </div>
    </Page>
  );
}

function PartContent({ part }: { part: Part }) {
  const caller = useCaller();
  if (caller === undefined) return <Skeleton className="h-48 rounded-xl" />;
  if (part.is_for_curators && !caller.is_curator) {
    return (
      <EmptyState Icon={ShieldAlert} title="Curators only">
        {part.name} can be seen and changed by principals with the role curator. You have{' '}
        {caller.roles.length === 0 ? 'no role' : caller.roles.join(' and ')}. A curator can give you
        the role, or a key that has it.
      </EmptyState>
    );
  }
  const Content = CONTENTS[part.id];
  return <Content />;
}

function PartNavigation({ shown }: { shown: Part }) {
  const navigate = useNavigate();
  return (
    <nav aria-label="Operations" className="max-lg:mb-5">
      <select
        aria-label="Part of the operations"
        value={shown.id}
        onChange={(event) =>
          void navigate({
            to: '/operations/{-$part}',
            params: { part: event.target.value },
            search: {},
          })
        }
        className="h-9 w-full rounded-lg border border-line-strong bg-raised px-2.5 text-sm lg:hidden"
      >
        {PARTS.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <ul className="sticky top-0 space-y-0.5 max-lg:hidden">
        {PARTS.map(({ id, name, Icon }) => (
          <li key={id}>
            <Link
              to="/operations/{-$part}"
              params={{ part: id }}
              {...(id === shown.id ? { 'aria-current': 'page' as const } : {})}
              className={classNames(
                'flex h-8 items-center gap-2.5 rounded-lg px-2.5 text-sm',
                id === shown.id
                  ? 'bg-accent-soft font-medium text-accent'
                  : 'text-ink-soft hover:bg-sunken hover:text-ink',
              )}
            >
              <Icon className="size-4 shrink-0" aria-hidden />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
