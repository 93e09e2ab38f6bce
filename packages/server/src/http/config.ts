import { integerSetting, listSetting, textSetting, type Setting } from '../base/index.ts';

export const HTTP_SETTINGS = {
  port: integerSetting({
    env: 'PORT',
    description: 'Port to listen on; 0 takes a free one.',
    fallback: 8081,
    min: 0,
    max: 65_535,
  }),
  host: textSetting({
    env: 'HOST',
    description: 'Address to listen on; any but a loopback address needs AUTH_MODE=strict.',
    fallback: '127.0.0.1',
  }),
  origins: originsSetting({
    env: 'CORS_ORIGINS',
    description: 'Origins besides our own whose pages may call the API, comma separated.',
    fallback: [],
  }),
};

/** Origins are compared as browsers write them, so one that no browser would write is a mistake to tell at the start. */
function originsSetting(basics: {
  env: string;
  description: string;
  fallback: readonly string[];
}): Setting<readonly string[]> {
  const list = listSetting(basics);
  return { ...list, read: (text) => list.read(text).map(readOrigin) };
}

function readOrigin(text: string): string {
  const origin = text.replace(/\/$/, '').toLowerCase();
  if (/^https?:\/\/[^/?#@*\s]+$/.test(origin) && URL.canParse(origin))
    return new URL(origin).origin;
  if (/^[a-z-]+-extension:\/\/[a-z0-9-]+$/.test(origin)) return origin;
  throw new Error('expected origins such as https://team.example, without path and without *');
}
