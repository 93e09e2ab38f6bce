import { ROLES, type Role } from '@cairn/protocol';
import { InvalidArgumentError, type Command } from 'commander';
import { connect, type GlobalOptions } from '../connect.ts';
import { dateTime, oneLine, table, type Output } from '../output.ts';

/** `cairn key`: API keys for programs and for people at other machines. */
export function addKeyCommand(program: Command, output: Output): void {
  const key = program
    .command('key')
    .summary('make, list and end API keys')
    .description(
      'API keys for programs and for people at other machines. Only curators may manage them.',
    );
  addCreate(key, output);
  addList(key, output);
  key
    .command('revoke')
    .description('End a key at once. What uses it gets 401 from then on.')
    .argument('<id>', 'the id that `cairn key list` shows')
    .action(async (id: string, _options, command: Command) => {
      const client = await connect(command.optsWithGlobals<GlobalOptions>());
      await client.revokeKey(id);
      if (output.is_json) return output.json({ ok: true, id });
      output.line(`Revoked ${id}`);
    });
}

interface CreateOptions extends GlobalOptions {
  agent?: string;
  role?: Role[];
  expires?: string;
}

function addCreate(key: Command, output: Output): void {
  key
    .command('create')
    .description('Make a key and print it. It is shown this one time and kept only as a hash.')
    .argument('<name>', 'what you will know it by, such as "build server"')
    .option('--agent <id>', 'the agent that the key acts as; default yourself')
    .option(
      '--role <roles...>',
      `what it may do: ${ROLES.join(', ')}; default as the agent`,
      readRole,
    )
    .option('--expires <time>', 'when it ends: a date, or a span such as 30d or 12h', readExpiry)
    .action(async (name: string, _options, command: Command) => {
      const options = command.optsWithGlobals<CreateOptions>();
      const client = await connect(options);
      const created = await client.createKey({
        name,
        ...(options.agent === undefined ? {} : { agent_id: options.agent }),
        ...(options.role === undefined ? {} : { roles: options.role }),
        ...(options.expires === undefined ? {} : { expires_at: options.expires }),
      });
      if (output.is_json) return output.json(created);
      output.line(created.key);
      output.note(
        `Keep it now: it is not shown again. It can be ended with \`cairn key revoke ${created.id}\`.`,
      );
    });
}

function addList(key: Command, output: Output): void {
  key
    .command('list')
    .description('List the keys of the tenant, without the keys themselves.')
    .action(async (_options, command: Command) => {
      const client = await connect(command.optsWithGlobals<GlobalOptions>());
      const keys = await client.listKeys();
      if (output.is_json) return output.json(keys);
      if (keys.length === 0)
        return output.note('There are no keys. `cairn key create <name>` makes one.');
      const rows = keys.map((each) => [
        each.id,
        oneLine(each.name),
        each.roles.join(','),
        stateOf(each.revoked_at, each.expires_at),
        each.last_used_at === null ? 'never' : dateTime(each.last_used_at),
      ]);
      const [head = '', ...lines] = table([['ID', 'NAME', 'ROLES', 'STATE', 'LAST USED'], ...rows]);
      output.line(output.style('bold', head));
      for (const line of lines) output.line(line);
    });
}

function stateOf(revoked_at: string | null, expires_at: string | null): string {
  if (revoked_at !== null) return 'revoked';
  if (expires_at === null) return 'valid';
  if (Date.parse(expires_at) <= Date.now()) return 'expired';
  return `until ${dateTime(expires_at)}`;
}

function readRole(text: string, before: Role[] | undefined): Role[] {
  const role = ROLES.find((each) => each === text);
  if (role === undefined) throw new InvalidArgumentError(`Roles are ${ROLES.join(', ')}.`);
  return [...(before ?? []), role];
}

const SPAN_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function readExpiry(text: string): string {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const is_span = unit === 'm' || unit === 'h' || unit === 'd';
  const at = is_span ? Date.now() + Number(count) * SPAN_MS[unit] : Date.parse(text);
  if (Number.isNaN(at) || at <= Date.now()) {
    throw new InvalidArgumentError(
      'Give a time to come, such as 30d, 12h or 2027-01-31T12:00:00Z.',
    );
  }
  return new Date(at).toISOString();
}
