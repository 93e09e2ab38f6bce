import type { Database } from '../db/index.ts';

/** A key of a provider whose quota or credit is used up. */
export interface CircuitRow {
  /** A fingerprint of the key, in hex. */
  readonly fingerprint: string;
  readonly provider: string;
  readonly reason: string;
  readonly failures: number;
  readonly opened_at: string;
  /** From then on one call at a time tries whether it works again. */
  readonly retry_at: string;
}

const COLUMNS = 'fingerprint, provider, reason, failures, opened_at, retry_at';

/** The SQL of circuits. Time is the database's, so that all processes mean the same. */
export class CircuitStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async list(): Promise<CircuitRow[]> {
    const { rows } = await this.#db.query<CircuitRow>({
      text: `select ${COLUMNS} from model_circuits order by opened_at desc, fingerprint limit 500`,
    });
    return rows;
  }

  /**
   * Whether a caller may go ahead: the circuit is closed, or its time is over and this caller is the one that tries, for
   * `trial_ms`. Else the circuit, which is open.
   */
  async pass(fingerprint: string, trial_ms: number): Promise<CircuitRow | 'closed' | 'trial'> {
    const { rows } = await this.#db.query<CircuitRow>({
      name: 'agents_circuit',
      text: `select ${COLUMNS} from model_circuits where fingerprint = $1`,
      values: [fingerprint],
    });
    const [open] = rows;
    if (!open) return 'closed';
    const { count } = await this.#db.query({
      text: `update model_circuits set trial_until = clock_timestamp() + $2 * interval '1 ms'
        where fingerprint = $1 and retry_at <= clock_timestamp()
          and (trial_until is null or trial_until <= clock_timestamp())`,
      values: [fingerprint, trial_ms],
    });
    return count > 0 ? 'trial' : open;
  }

  /** Opens it, or keeps it open for twice as long as before, up to `longest_ms`. */
  async open(circuit: {
    fingerprint: string;
    provider: string;
    reason: string;
    first_ms: number;
    longest_ms: number;
  }): Promise<void> {
    await this.#db.query({
      text: `insert into model_circuits (fingerprint, provider, reason, retry_at)
        values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
        on conflict (fingerprint) do update set reason = excluded.reason, opened_at = clock_timestamp(), trial_until = null,
          -- Calls that were on their way together when it opened count as one failure.
          failures = model_circuits.failures + case when model_circuits.trial_until is null then 0 else 1 end,
          retry_at = clock_timestamp() + least($5, $4 * power(2, least(20, model_circuits.failures -
            case when model_circuits.trial_until is null then 1 else 0 end))) * interval '1 ms'`,
      values: [
        circuit.fingerprint,
        circuit.provider,
        circuit.reason.slice(0, 2_000),
        circuit.first_ms,
        circuit.longest_ms,
      ],
    });
  }

  /** Closes it. Says whether it was open. */
  async close(fingerprint: string): Promise<boolean> {
    const { count } = await this.#db.query({
      name: 'agents_close_circuit',
      text: 'delete from model_circuits where fingerprint = $1',
      values: [fingerprint],
    });
    return count > 0;
  }
}
