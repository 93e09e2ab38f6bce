import { SCHEMAS } from '@cairn/protocol';
import {
  Bot,
  FileJson,
  MessageSquare,
  PackageOpen,
  Sparkles,
  Wrench,
  type LucideIcon,
} from 'lucide-react';
import { classNames } from '../ui/class-names.ts';

interface SchemaLook {
  readonly Icon: LucideIcon;
  readonly look: string;
}

const LOOKS: Readonly<Record<string, SchemaLook>> = {
  [SCHEMAS.user_message]: { Icon: MessageSquare, look: 'text-kind-message' },
  [SCHEMAS.agent_response]: { Icon: Sparkles, look: 'text-kind-answer' },
  [SCHEMAS.tool_request]: { Icon: Wrench, look: 'text-kind-request' },
  [SCHEMAS.tool_response]: { Icon: PackageOpen, look: 'text-kind-response' },
  [SCHEMAS.agent_definition]: { Icon: Bot, look: 'text-kind-definition' },
  [SCHEMAS.tool_definition]: { Icon: Wrench, look: 'text-kind-definition' },
  [SCHEMAS.tool_code]: { Icon: Wrench, look: 'text-kind-definition' },
};
const OTHER: SchemaLook = { Icon: FileJson, look: 'text-kind-other' };

/** The sign of a schema: an icon in its colour. The name stands beside it, so it is decoration. */
export function SchemaIcon({ schema_name }: { schema_name: string | null }) {
  const known =
    schema_name !== null && Object.hasOwn(LOOKS, schema_name) ? LOOKS[schema_name] : null;
  const { Icon, look } = known ?? OTHER;
  return (
    <span
      aria-hidden
      className={classNames(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-lg border border-line bg-raised',
        look,
      )}
    >
      <Icon className="size-3.5" />
    </span>
  );
}
