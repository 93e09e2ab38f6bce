import {
  Activity,
  Building2,
  KeyRound,
  Layers,
  LockKeyhole,
  MailX,
  ScrollText,
  Sparkles,
  UsersRound,
  Webhook,
  type LucideIcon,
} from 'lucide-react';

/** A part of the operations. */
export interface Part {
  readonly id: keyof typeof ABOUT;
  readonly name: string;
  /** One sentence about it. */
  readonly about: string;
  readonly Icon: LucideIcon;
  /** What others may not even see. The rest shows them what is theirs. */
  readonly is_for_curators: boolean;
}

const ABOUT = {
  status: 'How the server is, as measured just now.',
  webhooks: 'Where the events of agents are sent, and how that goes.',
  'dead-letters': 'Events that could not be delivered. They wait here until they are sent again.',
  queues: 'What waits, runs, is tried again and was given up.',
  secrets: 'Values that are encrypted at rest. Every look at one is noted with its reason.',
  hygiene: 'The sweeping away of what has expired.',
  tenants: 'The tenant that you act in.',
  principals: 'Who acts here: agents with their roles, and what was granted to them.',
  keys: 'API keys. Each acts as one agent with some of its roles.',
  audit: 'What was done to secrets, what people consented to, and what was granted.',
} as const;

/** All parts, in the order of their navigation. */
export const PARTS: readonly Part[] = (
  [
    ['status', 'Status', Activity, false],
    ['webhooks', 'Webhooks', Webhook, false],
    ['dead-letters', 'Dead letters', MailX, true],
    ['queues', 'Queues', Layers, true],
    ['secrets', 'Secrets', LockKeyhole, false],
    ['hygiene', 'Hygiene', Sparkles, true],
    ['tenants', 'Tenant', Building2, false],
    ['principals', 'Principals', UsersRound, false],
    ['keys', 'Keys', KeyRound, true],
    ['audit', 'Audit', ScrollText, true],
  ] as const
).map(([id, name, Icon, is_for_curators]) => ({
  id,
  name,
  about: ABOUT[id],
  Icon,
  is_for_curators,
}));

/** The part that an address names: the first when it names none, null when there is no such part. */
export function partOf(id: string | undefined): Part | null {
  return (id === undefined ? PARTS[0] : PARTS.find((each) => each.id === id)) ?? null;
}
