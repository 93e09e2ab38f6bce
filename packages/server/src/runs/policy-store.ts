import type { Database } from '../db/index.ts';
import type { PrivacyPolicy } from './privacy/index.ts';

/** What a tenant wants for its runs: of one environment, or of all ('') that have nothing of their own. */
export interface StoredPolicy {
  readonly environment: string;
  readonly privacy: PrivacyPolicy | null;
  readonly retention_days: number | null;
  readonly updated_at: string;
}

/** The SQL of policies. */
export class PolicyStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The policies of a tenant, that for all environments first. */
  async list(owner_id: string): Promise<StoredPolicy[]> {
    const { rows } = await this.#db.query<StoredPolicy>({
      name: 'runs_policies',
      text: `select environment, privacy, retention_days, updated_at from run_policies
        where owner_id = $1 order by environment limit 1000`,
      values: [owner_id],
    });
    return rows;
  }

  /** Replaces the policy of one environment. */
  async put(
    owner_id: string,
    policy: Pick<StoredPolicy, 'environment' | 'privacy' | 'retention_days'>,
  ): Promise<StoredPolicy> {
    const { rows } = await this.#db.query<StoredPolicy>({
      text: `insert into run_policies (owner_id, environment, privacy, retention_days) values ($1, $2, $3, $4)
        on conflict (owner_id, environment) do update set
          privacy = excluded.privacy, retention_days = excluded.retention_days, updated_at = now()
        returning environment, privacy, retention_days, updated_at`,
      values: [owner_id, policy.environment, policy.privacy, policy.retention_days],
    });
    return rows[0] as StoredPolicy;
  }
}
