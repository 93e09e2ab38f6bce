import { describeSettings, type DescribedSetting } from './app/config.ts';

export type { DescribedSetting } from './app/config.ts';
export { prepareDatabaseRoles, type PreparedRole } from './app/database-roles.ts';
export { startFromCommandLine } from './app/main.ts';

/** The settings in force, for `cairn config`. Of a secret, only whether it is set. */
export async function describeConfig(): Promise<DescribedSetting[]> {
  return describeSettings(process.env);
}
