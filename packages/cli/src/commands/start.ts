import { InvalidArgumentError, type Command } from 'commander';
import { loadServer } from '../load-server.ts';

/** `cairn start`: runs a server in this process until it is told to stop. */
export function addStartCommand(program: Command): void {
  program
    .command('start')
    .summary('start a server on this machine')
    .description(
      'Start a server in this process. It keeps its data in a directory of yours and needs no database. Ctrl-C stops it.',
    )
    .option('--role <list>', 'parts to run, comma separated; default all')
    .option('--port <number>', 'port to listen on; default PORT or 8081', parsePort)
    .option('--host <address>', 'address to listen on; default HOST or 127.0.0.1')
    .option('--data-dir <path>', 'where the data is kept; default CAIRN_DATA_DIR or .cairn')
    .action(async (options: { role?: string; port?: number; host?: string; dataDir?: string }) => {
      const { role, port, host, dataDir } = options;
      const { startFromCommandLine } = await loadServer();
      await startFromCommandLine({
        ...(role === undefined ? {} : { role }),
        ...(port === undefined ? {} : { port: String(port) }),
        ...(host === undefined ? {} : { host }),
        ...(dataDir === undefined ? {} : { data_dir: dataDir }),
      });
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535; 0 takes a free one.');
}
