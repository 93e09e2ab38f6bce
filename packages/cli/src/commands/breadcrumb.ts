import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { BreadcrumbContext, BreadcrumbFull, BreadcrumbItem } from '@cairn/protocol';
import { InvalidArgumentError, type Command } from 'commander';
import { connect, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../errors.ts';
import { dateTime, fit, oneLine, printable, table, valueText, type Output } from '../output.ts';

/** `cairn breadcrumb`: the records themselves. */
export function addBreadcrumbCommand(program: Command, output: Output): void {
  const breadcrumb = program
    .command('breadcrumb')
    .summary('read and make breadcrumbs, the records of everything')
    .description('Breadcrumbs are the records that people, agents and tools share.');
  addGet(breadcrumb, output);
  addList(breadcrumb, output);
  addCreate(breadcrumb, output);
}

function addGet(breadcrumb: Command, output: Output): void {
  breadcrumb
    .command('get')
    .description('Print one breadcrumb.')
    .argument('<id>', 'its id')
    .option('--full', 'everything that is stored of it, such as who made it')
    .action(async (id: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { full?: boolean }>();
      const client = await connect(options);
      const found = options.full
        ? await client.getBreadcrumbFull(id)
        : await client.getBreadcrumb(id);
      if (output.is_json) return output.json(found);
      printBreadcrumb(found, output);
    });
}

function printBreadcrumb(found: BreadcrumbContext | BreadcrumbFull, output: Output): void {
  const { context, title, ...fields } = found;
  output.line(output.style('bold', oneLine(title)));
  const rows = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [
      name,
      Array.isArray(value) ? oneLine(value.join('  ')) : oneLine(valueText(value)),
    ]);
  for (const line of table(rows)) output.line(line);
  output.line(printable(JSON.stringify(context, null, 2) ?? 'null'));
}

interface ListOptions extends GlobalOptions {
  tag?: string[];
  schema?: string;
  limit?: number;
  cursor?: string;
  context?: boolean;
}

function addList(breadcrumb: Command, output: Output): void {
  breadcrumb
    .command('list')
    .description('List breadcrumbs, the last changed first.')
    .option('--tag <tags...>', 'only those with all of these tags')
    .option('--schema <name>', 'only those of this schema, such as user.message.v1')
    .option('--limit <number>', 'rows, at most 500; default 50', readLimit)
    .option('--cursor <cursor>', 'continue a list; it is printed at the end of each page')
    .option('--context', 'with the context of each')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const client = await connect(options);
      const { items, next_cursor } = await client.listBreadcrumbs({
        ...(options.tag ? { all_tags: options.tag } : {}),
        ...(options.schema === undefined ? {} : { schema_name: options.schema }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
        ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
        include_context: options.context === true,
      });
      if (output.is_json) return output.json({ items, next_cursor });
      if (items.length === 0) return output.note('No breadcrumb fits.');
      printItems(items, output);
      if (next_cursor !== null) output.note(`There are more: add --cursor ${next_cursor}`);
    });
}

function printItems(items: readonly (BreadcrumbItem | BreadcrumbContext)[], output: Output): void {
  const rows = items.map((item) => [
    item.id,
    oneLine(item.schema_name ?? '-'),
    fit(oneLine(item.title), 50),
    dateTime(item.updated_at),
    `v${item.version}`,
    oneLine(item.tags.join(' ')),
  ]);
  const lines = table([['ID', 'SCHEMA', 'TITLE', 'CHANGED', 'VERSION', 'TAGS'], ...rows]);
  lines.forEach((line, at) => {
    const item = items[at - 1];
    output.line(at === 0 ? output.style('bold', line) : fit(line, output.columns));
    if (item && 'context' in item) {
      output.line(output.style('dim', `  ${printable(JSON.stringify(item.context) ?? 'null')}`));
    }
  });
}

interface CreateOptions extends GlobalOptions {
  title: string;
  schema?: string;
  tag?: string[];
  description?: string;
  context?: string;
}

function addCreate(breadcrumb: Command, output: Output): void {
  breadcrumb
    .command('create')
    .description('Store a new breadcrumb and print its id.')
    .requiredOption('--title <text>', 'its title')
    .option('--schema <name>', 'its schema, such as note.v1')
    .option('--tag <tags...>', 'its tags')
    .option('--description <text>', 'what it is for')
    .option(
      '--context <json>',
      'its content: JSON, @file for a file, - for standard input; default {}',
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<CreateOptions>();
      const context = await readContext(options.context);
      const client = await connect(options);
      const created = await client.createBreadcrumb({
        title: options.title,
        tags: options.tag ?? [],
        context,
        ...(options.schema === undefined ? {} : { schema_name: options.schema }),
        ...(options.description === undefined ? {} : { description: options.description }),
      });
      if (output.is_json) return output.json(created);
      output.line(created.id);
      output.note(`Created. \`cairn breadcrumb get ${created.id}\` prints it.`);
    });
}

async function readContext(given: string | undefined): Promise<unknown> {
  if (given === undefined) return {};
  const text = await readGiven(given);
  try {
    return JSON.parse(text);
  } catch (error) {
    const where =
      given === '-' ? 'Standard input' : given.startsWith('@') ? given.slice(1) : '--context';
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${where} is not JSON: ${reason}. In a shell, put it in single quotes: --context '{"text":"Hello"}'`,
      { cause: error },
    );
  }
}

async function readGiven(given: string): Promise<string> {
  if (given === '-') return readAll(process.stdin);
  if (!given.startsWith('@')) return given;
  try {
    return await readFile(given.slice(1), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--context names a file that cannot be read: ${reason}`, { cause: error });
  }
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError('Expected a whole number from 1 to 500.');
}
