import type { Command } from 'commander';
import { loadServer } from '../load-server.ts';
import { table, type Output } from '../output.ts';

/** `cairn database-roles`: lets processes for runs connect as roles that can do nothing else. */
export function addDatabaseRolesCommand(program: Command, output: Output): void {
  program
    .command('database-roles')
    .summary('make the database roles of the process roles ingest and query')
    .description(
      'Make two roles in the PostgreSQL of DATABASE_URL, or bring them up to this release: one can only write runs, the other can only read them. Their names and passwords are those in INGEST_DATABASE_URL and QUERY_DATABASE_URL; without these, cairn_ingest and cairn_query with new passwords, which are printed once.',
    )
    .action(async () => {
      const { prepareDatabaseRoles } = await loadServer();
      const roles = await prepareDatabaseRoles();
      if (output.is_json) return output.json(roles);
      const cells = roles.map(({ process_role, name, setting, url }) => [
        process_role,
        name,
        url === null ? `${setting} stays as it is` : `${setting}=${url}`,
      ]);
      const [head = '', ...lines] = table([['ROLE', 'DATABASE ROLE', 'SETTING'], ...cells]);
      output.line(output.style('bold', head));
      for (const line of lines) output.line(line);
    });
}
