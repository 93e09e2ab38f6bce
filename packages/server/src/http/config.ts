import { integerSetting, listSetting, textSetting } from '../base/index.ts';

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
  origins: listSetting({
    env: 'CORS_ORIGINS',
    description: 'Origins besides our own whose pages may call the API, comma separated.',
    fallback: [],
  }),
};
