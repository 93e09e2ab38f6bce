import { Type } from 'typebox';
import type { HttpServer, Routes } from '../../http/index.ts';
import type { SweepStore } from './sweep-store.ts';
import type { Sweeper, TenantSwept } from './sweeper.ts';

const tags = ['hygiene'];
const config = { access: 'hygiene.manage' };

const Stats = Type.Object({
  runs_completed: Type.Integer(),
  total_breadcrumbs_purged: Type.Integer(),
  total_agents_cleaned: Type.Integer(),
  last_run_duration_ms: Type.Integer(),
  last_run_errors: Type.Integer(),
  hygiene_enabled: Type.Boolean(),
  last_updated: Type.Union([Type.String(), Type.Null()]),
});

const Run = Type.Object({
  triggered: Type.Boolean(),
  health_checks_purged: Type.Integer(),
  expired_breadcrumbs_purged: Type.Integer(),
  total_cleaned: Type.Integer(),
  message: Type.String(),
});

const Purge = Type.Object({
  purged: Type.Integer(),
  ttl_purged: Type.Integer(),
  health_checks_purged: Type.Integer(),
  expired_purged: Type.Integer(),
});

/** Sweeping on request, for the tenant of the curator who asks. */
export function hygieneRoutes(sweeper: Sweeper, store: SweepStore): Routes {
  return (server: HttpServer) => {
    server.get(
      '/hygiene/stats',
      { config, schema: { summary: 'What sweeping has done', tags, response: { 200: Stats } } },
      async () => ({ ...(await store.totals()), hygiene_enabled: sweeper.is_enabled }),
    );
    server.post(
      '/hygiene/run',
      {
        config,
        schema: {
          summary: 'Delete what has expired or is left over, now',
          description:
            'Of your tenant: expired records, idle agents that hold nothing, subscriptions and dead letters past their time.',
          tags,
          response: { 200: Run },
        },
      },
      async ({ principal }) => {
        const swept = await sweeper.sweepTenant(principal.owner_id);
        const { breadcrumbs, health_checks, agents, subscriptions, dead_letters } = swept;
        return {
          triggered: true,
          health_checks_purged: health_checks,
          expired_breadcrumbs_purged: breadcrumbs - health_checks,
          total_cleaned: breadcrumbs + agents + subscriptions + dead_letters,
          message: sentence(swept),
        };
      },
    );
    server.post(
      '/admin/purge',
      {
        config,
        schema: { summary: 'Delete what has expired, now', tags, response: { 200: Purge } },
      },
      async ({ principal }) => {
        const { breadcrumbs, health_checks } = await sweeper.sweepTenant(principal.owner_id);
        const expired = breadcrumbs - health_checks;
        return {
          purged: breadcrumbs,
          ttl_purged: expired,
          health_checks_purged: health_checks,
          expired_purged: expired,
        };
      },
    );
  };
}

function sentence({ breadcrumbs, agents, subscriptions, dead_letters }: TenantSwept): string {
  const others = [
    [agents, 'idle agents'],
    [subscriptions, 'subscriptions without an agent'],
    [dead_letters, 'old dead letters'],
  ] as const;
  const told = others.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return `${[`${breadcrumbs} expired breadcrumbs`, ...told].join(', ')} were deleted`;
}
