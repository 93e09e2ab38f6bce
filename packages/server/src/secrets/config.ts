import type { Setting } from '../base/index.ts';
import { readKey } from './keyring.ts';

/** Settings of secrets. Keys stay text until the keyring is loaded, so that no copy of them lies in the configuration. */
export const SECRETS_SETTINGS = {
  kek: {
    env: 'SECRETS_KEK',
    description:
      'Key that protects stored secrets: 32 bytes as base64 (openssl rand -base64 32). Without it one is made in the data folder.',
    fallback: null,
    is_secret: true,
    read: (text) => {
      readKey(text);
      return text;
    },
  } satisfies Setting<string | null>,
  old_keks: {
    env: 'SECRETS_KEKS_OLD',
    description:
      'Keys that protected secrets before, comma separated; they only read, and secrets move to the current key by themselves.',
    fallback: [],
    is_secret: true,
    read: (text) => {
      const keys = text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '');
      for (const key of keys) readKey(key);
      return keys;
    },
  } satisfies Setting<readonly string[]>,
};
