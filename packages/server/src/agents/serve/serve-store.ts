import type { Database } from '../../db/index.ts';
import type { FinishReason } from '../models/index.ts';

/** The SQL of answers to chat requests. */
export class ServeStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** How the run ended whose answer this record is; null when it is no answer of a run, but says so. */
  async endOf(
    owner_id: string,
    run_id: string,
    response_id: string,
  ): Promise<{ finish_reason: FinishReason | null } | null> {
    const { rows } = await this.#db.query<{ finish_reason: FinishReason | null }>({
      name: 'agents_serve_end',
      text: `select (select s.answer ->> 'finish_reason' from agent_steps s where s.run_id = r.id
            order by s.seq desc limit 1) as finish_reason
        from agent_runs r where r.id = $1 and r.owner_id = $2 and r.response_id = $3`,
      values: [run_id, owner_id, response_id],
    });
    return rows[0] ?? null;
  }
}
