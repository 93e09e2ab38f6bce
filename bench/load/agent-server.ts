/**
 * The whole program on a PostgreSQL, with a model that answers at once: it asks for one tool, and then says that it is
 * done. Says on request how long statements were under way.
 */
import { createLog, startAll, stopAll } from '../../packages/server/src/base/index.ts';
import { createPostgresBus } from '../../packages/server/src/bus/index.ts';
import type { ModelGateway } from '../../packages/server/src/agents/index.ts';
import { compose, readConfig } from '../../packages/server/src/app/index.ts';
import { migrate, openPostgres } from '../../packages/server/src/db/index.ts';
import { DatabaseMeter } from './database-meter.ts';

/** The first message; the port comes back. Every other message is answered with a reading of the meter. */
export interface AgentServerOrder {
  readonly database_url: string;
  readonly data_dir: string;
}

const ANSWER = 'It says so.';

const instant: ModelGateway = {
  default_model: 'instant',
  describe: () => ({ model: 'instant', provider: 'bench', is_demo: false }),
  call({ messages, on_text }) {
    const is_answered = messages.at(-1)?.role === 'tool';
    if (is_answered) on_text?.(ANSWER);
    return Promise.resolve({
      text: is_answered ? ANSWER : '',
      tool_calls: is_answered ? [] : [{ id: 'call', name: 'echo', input: { message: 'yes' } }],
      finish_reason: is_answered ? 'stop' : 'tool_calls',
      usage: { input_tokens: 10, output_tokens: 5 },
      model: 'instant',
    });
  },
};

async function serve({ database_url, data_dir }: AgentServerOrder): Promise<DatabaseMeter> {
  const config = readConfig({
    DATABASE_URL: database_url,
    CAIRN_DATA_DIR: data_dir,
    PORT: '0',
    LOG_LEVEL: 'warn',
  });
  const log = createLog(config.log_level);
  const opened = await openPostgres({ url: database_url, pool_size: config.db.pool_size, log });
  await migrate(opened, log);
  const meter = new DatabaseMeter(opened);
  const bus = createPostgresBus(opened, log);
  const close = async () => {
    await bus.close();
    await opened.close();
  };
  const program = await compose(config, log, {
    storage: { db: meter.database, bus, close },
    models: instant,
  });
  await startAll(program.services);
  process.once('SIGINT', () => {
    void stopAll(program.services)
      .finally(() => program.close())
      .finally(() => process.exit(0));
  });
  process.send?.(Number(new URL(program.address() ?? '').port));
  return meter;
}

process.once('message', (order: AgentServerOrder) => {
  void serve(order).then((meter) => {
    process.on('message', () => process.send?.(meter.read()));
  });
});
