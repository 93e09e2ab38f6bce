import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import type { Store } from '../live/store.ts';
import type { ThemeChoice } from '../theme/theme.ts';
import { Frame } from './frame.tsx';
import { NotFound, PageFailed, PageLoading } from './page-states.tsx';
import { parseSearch, readSearch, readTexts, stringifySearch } from './search.ts';
import { Workspace } from './workspace.tsx';

/** What routes are given. */
interface RouterContext {
  readonly theme: Store<ThemeChoice>;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Frame,
  notFoundComponent: NotFound,
  errorComponent: ({ error }) => <PageFailed error={error} />,
});

const chatRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/chat/{-$conversation_id}',
  validateSearch: readSearch,
  component: Workspace,
});

/*
 * Every page but the chat is loaded when it is first opened. What its address says is text; the page reads from it what it
 * knows (see `useTextSearch`). Addresses keep clear of those of the API: `/agents` or `/secrets` answer JSON.
 */
const pages = { getParentRoute: () => rootRoute, validateSearch: readTexts } as const;

const routes = [
  chatRoute,
  createRoute({
    ...pages,
    path: '/',
    component: lazyRouteComponent(() => import('../home/home-page.tsx'), 'HomePage'),
  }),
  createRoute({
    ...pages,
    path: '/trail',
    component: lazyRouteComponent(() => import('../trail/trail-page.tsx'), 'TrailPage'),
  }),
  createRoute({
    ...pages,
    path: '/trail/new',
    component: lazyRouteComponent(
      () => import('../trail/new-breadcrumb-page.tsx'),
      'NewBreadcrumbPage',
    ),
  }),
  createRoute({
    ...pages,
    path: '/trail/$id',
    component: lazyRouteComponent(() => import('../trail/breadcrumb-page.tsx'), 'BreadcrumbPage'),
  }),
  createRoute({
    ...pages,
    path: '/canvas',
    component: lazyRouteComponent(() => import('../canvas/canvas-route.tsx'), 'CanvasRoute'),
  }),
  createRoute({
    ...pages,
    path: '/team/agents',
    component: lazyRouteComponent(() => import('../team/agents-page.tsx'), 'AgentsPage'),
  }),
  createRoute({
    ...pages,
    path: '/team/agents/new',
    component: lazyRouteComponent(() => import('../team/new-agent-page.tsx'), 'NewAgentPage'),
  }),
  createRoute({
    ...pages,
    path: '/team/agents/$id',
    component: lazyRouteComponent(() => import('../team/agent-page.tsx'), 'AgentPage'),
  }),
  createRoute({
    ...pages,
    path: '/team/tools',
    component: lazyRouteComponent(() => import('../team/tools-page.tsx'), 'ToolsPage'),
  }),
  createRoute({
    ...pages,
    path: '/team/tools/$id',
    component: lazyRouteComponent(() => import('../team/tool-page.tsx'), 'ToolPage'),
  }),
  createRoute({
    ...pages,
    path: '/runs',
    component: lazyRouteComponent(() => import('../runs/runs-page.tsx'), 'RunsPage'),
  }),
  createRoute({
    ...pages,
    path: '/runs/$id',
    component: lazyRouteComponent(() => import('../runs/run-page.tsx'), 'RunPage'),
  }),
  createRoute({
    ...pages,
    path: '/statistics',
    component: lazyRouteComponent(() => import('../runs/statistics-page.tsx'), 'StatisticsPage'),
  }),
  createRoute({
    ...pages,
    path: '/behaviour',
    component: lazyRouteComponent(() => import('../behaviour/behaviour-page.tsx'), 'BehaviourPage'),
  }),
  createRoute({
    ...pages,
    path: '/behaviour/$id',
    component: lazyRouteComponent(() => import('../behaviour/drift-page.tsx'), 'DriftPage'),
  }),
  createRoute({
    ...pages,
    path: '/operations/{-$part}',
    component: lazyRouteComponent(
      () => import('../operations/operations-page.tsx'),
      'OperationsPage',
    ),
  }),
] as const;

/** The addresses of the page. */
export function createPageRouter(context: RouterContext) {
  return createRouter({
    routeTree: rootRoute.addChildren(routes),
    context,
    parseSearch,
    stringifySearch,
    // Data is Query's affair.
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PageLoading,
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
