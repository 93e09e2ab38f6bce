import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import type { Store } from '../live/store.ts';
import type { ThemeChoice } from '../theme/theme.ts';
import { NotFound, PageFailed } from './page-states.tsx';
import { parseSearch, readSearch, stringifySearch } from './search.ts';
import { Workspace } from './workspace.tsx';

/** What routes are given. */
interface RouterContext {
  readonly theme: Store<ThemeChoice>;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  validateSearch: readSearch,
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: ({ error }) => <PageFailed error={error} />,
});

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/chat/{-$conversation_id}', search, replace: true });
  },
});

const chatRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/chat/{-$conversation_id}',
  component: Workspace,
});

/** The addresses of the page. */
export function createPageRouter(context: RouterContext) {
  return createRouter({
    routeTree: rootRoute.addChildren([homeRoute, chatRoute]),
    context,
    parseSearch,
    stringifySearch,
    // Data is Query's affair.
    defaultPreloadStaleTime: 0,
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
