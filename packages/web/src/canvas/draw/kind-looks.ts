import type { EdgeKind, NodeKind } from '../graph/graph.ts';

/** How a kind of node looks: its name, the variable of its colour in index.css, its sign as a path in 24 × 24. */
export interface KindLook {
  readonly name: string;
  readonly plural: string;
  readonly colour: `--${string}`;
  /** Drawn as lines, after the icons of Lucide. */
  readonly sign: string;
}

/** The looks of all kinds; canvas, space, legend and lists draw from this. */
export const KIND_LOOKS: Readonly<Record<NodeKind, KindLook>> = {
  agent: {
    name: 'Agent',
    plural: 'Agents',
    colour: '--kind-answer',
    sign: 'M12 13a5 5 0 1 0 0-10 5 5 0 0 0 0 10Z M20 21a8 8 0 0 0-16 0',
  },
  'agent-definition': {
    name: 'Agent definition',
    plural: 'Definitions',
    colour: '--kind-definition',
    sign: 'M12 8V4H8 M6 8h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2Z M2 14h2 M20 14h2 M15 13v2 M9 13v2',
  },
  tool: {
    name: 'Tool',
    plural: 'Tools',
    colour: '--kind-request',
    sign: 'M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.77-3.77a6 6 0 0 1-7.94 7.94l-6.91 6.91a2.12 2.12 0 0 1-3-3l6.91-6.91a6 6 0 0 1 7.94-7.94l-3.76 3.76z',
  },
  secret: {
    name: 'Secret',
    plural: 'Secrets',
    colour: '--bad',
    sign: 'M7.5 21a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Z M21 2l-9.6 9.6 M15.5 7.5l3 3L22 7l-3-3',
  },
  chat: {
    name: 'Conversation',
    plural: 'Conversations',
    colour: '--kind-message',
    sign: 'M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z',
  },
  system: {
    name: 'System record',
    plural: 'System',
    colour: '--kind-response',
    sign: 'M20 7h-9 M14 17H5 M17 20a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z M7 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  },
  breadcrumb: {
    name: 'Breadcrumb',
    plural: 'Breadcrumbs',
    colour: '--kind-other',
    sign: 'M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7Z M14 2v4a2 2 0 0 0 2 2h4 M16 13H8 M16 17H8',
  },
};

/** How a kind of edge looks. `dash` in pixels; empty is a solid line. */
export interface EdgeLook {
  readonly name: string;
  readonly colour: `--${string}`;
  readonly dash: readonly number[];
}

/** The looks of all edges. */
export const EDGE_LOOKS: Readonly<Record<EdgeKind, EdgeLook>> = {
  creates: { name: 'creates', colour: '--kind-answer', dash: [] },
  config: { name: 'configured by', colour: '--kind-definition', dash: [6, 4] },
  subscribed: { name: 'shown to', colour: '--kind-message', dash: [2, 4] },
  triggered: { name: 'triggers', colour: '--kind-message', dash: [] },
  belongs: { name: 'belongs to', colour: '--line-strong', dash: [] },
};
