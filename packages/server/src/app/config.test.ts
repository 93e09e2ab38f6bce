import { describe, expect, it } from 'vitest';
import { ConfigError } from '../base/index.ts';
import { describeSettings, readConfig } from './config.ts';

function problemsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n');
  }
}

describe('the settings', () => {
  it('have defaults that start a server for one person', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      auth_mode: 'dev',
      http: { port: 8081, host: '127.0.0.1', origins: [] },
      db: { url: null },
      log_level: 'warn',
    });
    expect([...config.roles]).toEqual(['api', 'agents', 'tools', 'webhooks', 'ingest', 'query']);
    expect(config.data_dir).toMatch(/\/\.cairn$/);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each(['127.0.0.1', 'localhost', '::1', '127.0.0.2'])('are dev on %s', (HOST) => {
    expect(readConfig({ HOST }).auth_mode).toBe('dev');
    expect(readConfig({ HOST, AUTH_MODE: 'strict' }).auth_mode).toBe('strict');
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'cairn.example', 'localhost.evil.com'])(
    'are strict on %s, where dev is refused with what to do',
    (HOST) => {
      expect(readConfig({ HOST }).auth_mode).toBe('strict');
      const [problem, ...more] = problemsOf({ HOST, AUTH_MODE: 'dev' });
      expect(more).toEqual([]);
      expect(problem).toBe(
        `AUTH_MODE: dev gives a token to anybody who can reach ${HOST}; listen on 127.0.0.1, or set AUTH_MODE=strict and use the admin key`,
      );
    },
  );

  it('tell all problems at once', () => {
    const problems = problemsOf({
      PORT: '70000',
      AUTH_MODE: 'open',
      LOG_LEVEL: 'loud',
      CORS_ORIGINS: '*',
      CAIRN_ROLES: 'api,cook',
    });
    expect(problems.map((line) => line.replace(/:.*/, '')).toSorted()).toEqual([
      'AUTH_MODE',
      'CAIRN_ROLES',
      'CAIRN_ROLES',
      'CORS_ORIGINS',
      'LOG_LEVEL',
      'PORT',
    ]);
  });

  it.each(['-1', '65536', '80.5', '8e3', 'http', ' '])('do not take the port "%s"', (PORT) => {
    expect(problemsOf({ PORT })).toHaveLength(PORT === ' ' ? 0 : 1);
  });

  it('let roles be split only on a shared database', () => {
    expect(problemsOf({ CAIRN_ROLES: 'api' })).toEqual([
      expect.stringContaining('set DATABASE_URL to split roles'),
    ]);
    const { roles } = readConfig({ CAIRN_ROLES: 'agents, tools', DATABASE_URL: 'postgres://x/y' });
    expect([...roles]).toEqual(['agents', 'tools']);
  });

  it('show no secret, in a problem or in their description', () => {
    const environment = {
      JWT_PRIVATE_KEY_PEM: 'hunter2',
      DATABASE_URL: 'postgres://cairn:hunter2@db/cairn',
      OPENROUTER_API_KEY: 'hunter2',
      PORT: '9000',
      PATH: '/usr/bin',
      HOME: '/root',
    };
    const described = describeSettings(environment);
    expect(JSON.stringify(described)).not.toContain('hunter2');
    expect(described).toContainEqual(
      expect.objectContaining({ name: 'PORT', value: '9000', source: 'environment' }),
    );
    expect(described).toContainEqual(
      expect.objectContaining({ name: 'JWT_PRIVATE_KEY_PEM', value: '(set)' }),
    );
    // These are read, and are the system's.
    expect(described.filter(({ name }) => /^(PATH|HOME)$/.test(name))).toEqual([]);
    for (const { description } of described) expect(description).toMatch(/^[A-Z`a-z].{10,}[.)]$/s);
  });
});
