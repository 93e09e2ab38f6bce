import { choiceSetting, textSetting } from '../base/index.ts';

export const IDENTITY_SETTINGS = {
  auth_mode: choiceSetting({
    env: 'AUTH_MODE',
    description:
      'dev gives tokens to anybody on this machine; strict wants an API key. Default: dev on a loopback address, else strict.',
    fallback: null,
    choices: ['dev', 'strict'],
  }),
  jwt_private_key_pem: textSetting({
    env: 'JWT_PRIVATE_KEY_PEM',
    description: 'RSA key that signs tokens, as PEM; without it one is made in the data folder.',
    fallback: null,
    is_secret: true,
  }),
};
