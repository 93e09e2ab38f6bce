import { EPHEMERAL_EVENT_TYPES, LOGGED_EVENT_TYPES, type StreamEvent } from '@cairn/protocol';
import type { ReceivedEvent, StreamOptions } from '@cairn/sdk';
import { InvalidArgumentError, type Command } from 'commander';
import { connect, type GlobalOptions } from '../connect.ts';
import { describeEvent } from '../describe-event.ts';
import { clockTime, fit, type Output } from '../output.ts';

interface TailOptions extends GlobalOptions {
  schema?: string;
  tag?: string[];
  types?: StreamEvent['type'][];
  since?: number;
  limit?: number;
}

/** Columns of what an event says; the rest of it is cut, so that the tags stand below each other. */
const TEXT_COLUMNS = 60;
const TYPES: readonly StreamEvent['type'][] = [...LOGGED_EVENT_TYPES, ...EPHEMERAL_EVENT_TYPES];

/** `cairn tail`: live events, a line each, until Ctrl-C or `--limit`. */
export function addTailCommand(program: Command, output: Output): void {
  program
    .command('tail')
    .summary('print events as they happen')
    .description(
      'Print events as they happen, one line each. A lost connection is made again. Ctrl-C ends it.',
    )
    .option('--schema <name>', 'only breadcrumbs of this schema, such as agent.response.v1')
    .option('--tag <tags...>', 'only breadcrumbs with all of these tags')
    .option(
      '--types <list>',
      `comma separated, of ${TYPES.join(', ')}; default breadcrumb.updated`,
      readTypes,
    )
    .option(
      '--since <seq>',
      'first what came after this sequence; 0 for all that is kept',
      readCount,
    )
    .option('--limit <number>', 'end after so many events', readCount)
    .action(async (_options, command: Command) => {
      await tail(command.optsWithGlobals<TailOptions>(), output);
    });
}

async function tail(options: TailOptions, output: Output): Promise<void> {
  const client = await connect(options);
  // The stream itself would wait for a server that is not there; a person should hear of it.
  await client.system();
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end).on('SIGTERM', end);
  const columns = { kind: 20 };
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  try {
    for await (const event of client.streamEvents(streamOptions(options, stop.signal, output))) {
      print(event, columns, output);
      if (event.type !== 'resync' && event.type !== 'closed') left -= 1;
      if (left <= 0) break;
    }
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

function streamOptions(options: TailOptions, signal: AbortSignal, output: Output): StreamOptions {
  let was_lost = false;
  let is_first = true;
  return {
    signal,
    selector: {
      ...(options.schema === undefined ? {} : { schema_name: options.schema }),
      ...(options.tag === undefined ? {} : { all_tags: options.tag }),
    },
    ...(options.types === undefined ? {} : { types: options.types }),
    ...(options.since === undefined ? {} : { last_event_id: options.since }),
    on_state(state) {
      const tell = (text: string): void => output.note(output.styleNote('dim', text));
      if (state === 'waiting' && !was_lost) tell('The connection is lost; trying again …');
      if (state === 'open' && was_lost) tell('Connected again.');
      if (state === 'open' && is_first) tell(`Listening to ${options.url}. Ctrl-C ends it.`);
      if (state === 'open') is_first = false;
      if (state !== 'connecting') was_lost = state === 'waiting';
    },
  };
}

function print(event: ReceivedEvent, columns: { kind: number }, output: Output): void {
  if (output.is_json) return output.json(event);
  const { kind, text, tags, time } = describeEvent(event);
  if (event.type === 'resync' || event.type === 'closed') {
    return output.note(output.styleNote('dim', `${kind}: ${text}`));
  }
  // The column grows with what comes, up to a limit, so that later lines stay aligned.
  columns.kind = Math.min(32, Math.max(columns.kind, kind.length));
  const when = clockTime(time ?? Date.now());
  const room = output.columns - when.length - columns.kind - 4;
  const text_columns = Math.min(TEXT_COLUMNS, Math.max(20, Math.floor(room * 0.6)));
  const line = [
    output.style('dim', when),
    output.style('cyan', fit(kind, columns.kind).padEnd(columns.kind)),
    fit(text, text_columns).padEnd(text_columns),
    output.style('dim', fit(shortIds(tags), Math.max(0, room - text_columns - 2))),
  ];
  output.line(line.join('  ').trimEnd());
}

/** Ids by their last characters, which differ the most: a line is for the eye, and `--json` has the whole. */
function shortIds(tags: string): string {
  return tags.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{6}([0-9a-f]{6})/g, '…$1');
}

function readTypes(list: string): StreamEvent['type'][] {
  return list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((name) => {
      const type = TYPES.find((each) => each === name);
      if (type === undefined) throw new InvalidArgumentError(`Types are ${TYPES.join(', ')}.`);
      return type;
    });
}

function readCount(text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('Expected a whole number, 0 or more.');
}
