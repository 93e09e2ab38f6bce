export { Breadcrumbs } from './breadcrumbs.ts';
export { breadcrumbRoutes } from './routes.ts';
export { BreadcrumbStore } from './store.ts';
