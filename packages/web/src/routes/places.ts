import {
  Activity,
  Bot,
  ChartNoAxesColumn,
  Footprints,
  House,
  MessagesSquare,
  Orbit,
  Settings2,
  ShieldCheck,
  Wrench,
  type LucideIcon,
} from 'lucide-react';

/** A page that the navigation leads to. */
export interface Place {
  readonly to:
    | '/'
    | '/chat/{-$conversation_id}'
    | '/trail'
    | '/canvas'
    | '/team/agents'
    | '/team/tools'
    | '/runs'
    | '/statistics'
    | '/behaviour'
    | '/operations/{-$part}';
  /** The beginning of its addresses. */
  readonly path: string;
  readonly name: string;
  readonly Icon: LucideIcon;
  /** The letter after `g` that leads there. */
  readonly key: string;
  /** Other words that people look for it by. */
  readonly words: string;
}

/** The places of the page, grouped as the navigation shows them. */
export const PLACE_GROUPS: readonly {
  readonly name: string | null;
  readonly places: readonly Place[];
}[] = [
  {
    name: null,
    places: [
      {
        to: '/',
        path: '/',
        name: 'Home',
        Icon: House,
        key: 'h',
        words: 'inbox approvals needs you',
      },
      {
        to: '/chat/{-$conversation_id}',
        path: '/chat',
        name: 'Chat',
        Icon: MessagesSquare,
        key: 'c',
        words: 'conversation message',
      },
      {
        to: '/trail',
        path: '/trail',
        name: 'Trail',
        Icon: Footprints,
        key: 't',
        words: 'breadcrumbs records',
      },
      {
        to: '/canvas',
        path: '/canvas',
        name: 'Canvas',
        Icon: Orbit,
        key: 'v',
        words: 'graph map 2d 3d',
      },
    ],
  },
  {
    name: 'Team',
    places: [
      {
        to: '/team/agents',
        path: '/team/agents',
        name: 'Agents',
        Icon: Bot,
        key: 'a',
        words: 'definitions model prompt',
      },
      {
        to: '/team/tools',
        path: '/team/tools',
        name: 'Tools',
        Icon: Wrench,
        key: 'o',
        words: 'mcp servers functions',
      },
    ],
  },
  {
    name: 'Insight',
    places: [
      {
        to: '/runs',
        path: '/runs',
        name: 'Runs',
        Icon: Activity,
        key: 'r',
        words: 'traces steps failures',
      },
      {
        to: '/statistics',
        path: '/statistics',
        name: 'Statistics',
        Icon: ChartNoAxesColumn,
        key: 's',
        words: 'latency cost tokens compare decisions signals',
      },
      {
        to: '/behaviour',
        path: '/behaviour',
        name: 'Behaviour',
        Icon: ShieldCheck,
        key: 'b',
        words: 'drift baselines profiles',
      },
    ],
  },
  {
    name: 'System',
    places: [
      {
        to: '/operations/{-$part}',
        path: '/operations',
        name: 'Operations',
        Icon: Settings2,
        key: 'p',
        words: 'webhooks dead letters queues secrets hygiene tenants keys audit status',
      },
    ],
  },
];

/** All places, in the order of the navigation. */
export const PLACES: readonly Place[] = PLACE_GROUPS.flatMap(({ places }) => places);

/** True where the page at `path` belongs to the place. */
export function isPlaceOf(place: Place, path: string): boolean {
  return path === place.path || (place.path !== '/' && path.startsWith(`${place.path}/`));
}
