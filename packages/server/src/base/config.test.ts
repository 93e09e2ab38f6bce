import { describe, expect, it } from 'vitest';
import {
  choiceSetting,
  integerSetting,
  listSetting,
  readSlice,
  textSetting,
  type Setting,
} from './config.ts';

const SLICE = {
  port: integerSetting({
    env: 'PORT',
    description: 'Where to listen.',
    fallback: 8081,
    min: 0,
    max: 65_535,
  }),
  host: textSetting({ env: 'HOST', description: 'Where to listen.', fallback: '127.0.0.1' }),
  mode: choiceSetting({
    env: 'MODE',
    description: 'How.',
    fallback: null,
    choices: ['dev', 'strict'],
  }),
  origins: listSetting({ env: 'ORIGINS', description: 'Who.', fallback: [] }),
  api_key: textSetting({ env: 'API_KEY', description: 'Key.', fallback: null, is_secret: true }),
};

function read(environment: Record<string, string | undefined>) {
  const problems: string[] = [];
  return { values: readSlice(SLICE, environment, problems), problems };
}

describe('readSlice', () => {
  it('takes the fallbacks when nothing is set, or set to nothing', () => {
    const expected = { port: 8081, host: '127.0.0.1', mode: null, origins: [], api_key: null };
    expect(read({})).toEqual({ values: expected, problems: [] });
    expect(read({ PORT: '', HOST: '  ', MODE: undefined })).toEqual({
      values: expected,
      problems: [],
    });
  });

  it('reads numbers, choices, lists and texts, without the space around them', () => {
    const { values, problems } = read({
      PORT: ' 0 ',
      HOST: '::1',
      MODE: 'strict',
      ORIGINS: ' https://a.example, ,https://b.example,',
      API_KEY: 'sk-1',
    });
    expect(problems).toEqual([]);
    expect(values).toEqual({
      port: 0,
      host: '::1',
      mode: 'strict',
      origins: ['https://a.example', 'https://b.example'],
      api_key: 'sk-1',
    });
  });

  it.each(['8081.5', '1e3', '0x10', '-1', '65536', '99999999999999999999', 'eighty', '8 081'])(
    'refuses %j as a port, saying what was expected and what came',
    (text) => {
      const { problems } = read({ PORT: text });
      expect(problems).toEqual([`PORT: expected a whole number from 0 to 65535; "${text}" came`]);
    },
  );

  it('collects every problem, and goes on with the fallback', () => {
    const problems: string[] = ['from another slice'];
    const values = readSlice(SLICE, { PORT: 'x', MODE: 'prod', HOST: '::1' }, problems);
    expect(problems).toEqual([
      'from another slice',
      'PORT: expected a whole number from 0 to 65535; "x" came',
      'MODE: expected one of dev, strict; "prod" came',
    ]);
    expect(values).toMatchObject({ port: 8081, mode: null, host: '::1' });
  });

  it('repeats only the beginning of a long value', () => {
    const { problems } = read({ MODE: 'x'.repeat(10_000) });
    expect(problems[0]?.length).toBeLessThan(200);
  });

  it('never repeats a secret, not even when its reader does', () => {
    const secret = 'hunter2-distinctive';
    const key: Setting<string> = {
      env: 'KEY',
      description: 'Key.',
      fallback: '',
      is_secret: true,
      read: (text) => {
        throw new Error(`"${text}" is no key`);
      },
    };
    const problems: string[] = [];
    readSlice({ key }, { KEY: secret }, problems);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^KEY: /);
    expect(problems[0]).not.toContain(secret);
  });

  it('answers with values that cannot be changed', () => {
    const { values } = read({});
    expect(Object.isFrozen(values)).toBe(true);
    expect(() => Object.assign(values, { port: 1 })).toThrow(TypeError);
  });
});
