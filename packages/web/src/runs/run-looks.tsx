import type { FailureType, RunStatus, RunSource, StepType } from '@cairn/protocol';
import {
  BookOpenText,
  CircleDot,
  Map as MapIcon,
  MessageSquareReply,
  Wrench,
  type LucideIcon,
} from 'lucide-react';
import { StatusBadge, type Tone } from '../ui/badge.tsx';
import { classNames } from '../ui/class-names.ts';

const STATUSES: Readonly<Record<RunStatus, { tone: Tone; word: string }>> = {
  success: { tone: 'good', word: 'Success' },
  failure: { tone: 'bad', word: 'Failed' },
  partial: { tone: 'warn', word: 'Partial' },
  running: { tone: 'busy', word: 'Running' },
};

/** How a run ended, as sign and word. */
export function RunStatusBadge({ status }: { status: RunStatus }) {
  const { tone, word } = STATUSES[status];
  return <StatusBadge tone={tone}>{word}</StatusBadge>;
}

/** The statuses as choices of a filter. */
export const STATUS_OPTIONS = Object.entries(STATUSES).map(([value, { word }]) => ({
  value,
  name: word,
}));

/** Where runs are reported from, for people. */
export const SOURCES: Readonly<Record<RunSource, string>> = {
  api: 'API',
  otlp: 'OpenTelemetry',
  cairn: 'Cairn agent',
};

/** Where failures come from, for people. */
export const FAILURES: Readonly<Record<FailureType, string>> = {
  tool: 'Tool',
  model: 'Model',
  retrieval: 'Retrieval',
  orchestration: 'Orchestration',
};

const STEPS: Readonly<
  Record<StepType, { Icon: LucideIcon; name: string; text: string; bar: string }>
> = {
  plan: { Icon: MapIcon, name: 'Plan', text: 'text-kind-definition', bar: 'bg-kind-definition' },
  retrieve: {
    Icon: BookOpenText,
    name: 'Retrieve',
    text: 'text-kind-message',
    bar: 'bg-kind-message',
  },
  tool: { Icon: Wrench, name: 'Tool', text: 'text-kind-answer', bar: 'bg-kind-answer' },
  respond: {
    Icon: MessageSquareReply,
    name: 'Respond',
    text: 'text-kind-response',
    bar: 'bg-kind-response',
  },
  other: { Icon: CircleDot, name: 'Other', text: 'text-kind-other', bar: 'bg-kind-other' },
};

/** The sign of a type of step. */
export function StepIcon({ type, className }: { type: StepType; className?: string }) {
  const { Icon, text } = STEPS[type];
  return <Icon className={classNames('size-3.5 shrink-0', text, className)} aria-hidden />;
}

/** The name of a type of step. */
export function stepTypeName(type: StepType): string {
  return STEPS[type].name;
}

/** The class that fills a bar with the colour of a type of step. */
export function stepBar(type: StepType): string {
  return STEPS[type].bar;
}

/** Marks a step that tries again what was tried before. */
export function RetryBadge({ attempt }: { attempt: number }) {
  if (attempt <= 1) return null;
  return (
    <span className="inline-flex shrink-0 rounded bg-warn-soft px-1.5 text-2xs font-medium text-warn">
      Retry {attempt - 1}
    </span>
  );
}
