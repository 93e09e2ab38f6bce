import { Type } from 'typebox';
import type { HttpServer, Routes } from '../../http/index.ts';
import type { SweepStore } from './sweep-store.ts';
import type { Sweeper } from './sweeper.ts';

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

/** Sweeping on request, for the tenant of the curator who asks. Health checks expire like everything else. */
export function hygieneRoutes(sweeper: Sweeper, store: SweepStore): Routes {
  const sweep = async (owner_id: string): Promise<number> => {
    const began = performance.now();
    const purged = await sweeper.sweepTenant(owner_id);
    await store.note(purged, performance.now() - began, 0);
    return purged;
  };
  return (server: HttpServer) => {
    server.get(
      '/hygiene/stats',
      { config, schema: { summary: 'What sweeping has done', tags, response: { 200: Stats } } },
      async () => ({
        ...(await store.totals()),
        total_agents_cleaned: 0,
        hygiene_enabled: sweeper.is_enabled,
      }),
    );
    server.post(
      '/hygiene/run',
      { config, schema: { summary: 'Delete what has expired, now', tags, response: { 200: Run } } },
      async ({ principal }) => {
        const purged = await sweep(principal.owner_id);
        return {
          triggered: true,
          health_checks_purged: 0,
          expired_breadcrumbs_purged: purged,
          total_cleaned: purged,
          message: `${purged} expired breadcrumbs were deleted`,
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
        const purged = await sweep(principal.owner_id);
        return { purged, ttl_purged: purged, health_checks_purged: 0, expired_purged: purged };
      },
    );
  };
}
