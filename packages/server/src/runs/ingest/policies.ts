import type { Clock } from '../../base/index.ts';
import type { PolicyStore, StoredPolicy } from '../policy-store.ts';
import type { PrivacyPolicy } from '../privacy/index.ts';

/** What holds for the runs of one environment. */
export interface PolicyInForce {
  /** Null when the tenant has not said; what holds then depends on the way of the report. */
  readonly privacy: PrivacyPolicy | null;
  readonly retention_days: number;
}

/** After this a change that another process made counts here, too. */
const REMEMBERED_MS = 5_000;
const TENANTS_MAX = 10_000;
const DAY_MS = 86_400_000;

/** Knows the policies of tenants, and remembers them for a moment: each report asks. */
export class Policies {
  readonly #store: PolicyStore;
  readonly #clock: Clock;
  readonly #retention_days: number;
  readonly #known = new Map<string, { until: number; rows: Promise<StoredPolicy[]> }>();

  constructor(ports: { store: PolicyStore; clock: Clock; retention_days: number }) {
    this.#store = ports.store;
    this.#clock = ports.clock;
    this.#retention_days = ports.retention_days;
  }

  async of(owner_id: string, environment: string): Promise<PolicyInForce> {
    const rows = await this.#rows(owner_id);
    const own = rows.find((row) => row.environment === environment);
    const general = rows.find((row) => row.environment === '');
    return {
      privacy: own?.privacy ?? general?.privacy ?? null,
      retention_days: own?.retention_days ?? general?.retention_days ?? this.#retention_days,
    };
  }

  /** Whether some environment of the tenant has a policy of its own. */
  async differ(owner_id: string): Promise<boolean> {
    return (await this.#rows(owner_id)).some(({ environment }) => environment !== '');
  }

  /** The day until which what comes now is kept. */
  expiry({ retention_days }: PolicyInForce): string {
    return new Date(this.#clock.now() + retention_days * DAY_MS).toISOString().slice(0, 10);
  }

  /** Lets a change count at once. */
  forget(owner_id: string): void {
    this.#known.delete(owner_id);
  }

  #rows(owner_id: string): Promise<StoredPolicy[]> {
    const now = this.#clock.now();
    const known = this.#known.get(owner_id);
    if (known && known.until > now) return known.rows;
    const rows = this.#store.list(owner_id);
    this.#known.delete(owner_id);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size >= TENANTS_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(owner_id, { until: now + REMEMBERED_MS, rows });
    // What failed is asked for again.
    rows.catch(() => this.#known.delete(owner_id));
    return rows;
  }
}
