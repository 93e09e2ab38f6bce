export { IDENTITY_SETTINGS } from './config.ts';
export { authorize, can, readable, type Action, type Protected } from './policy.ts';
export { addJwksRoute, authenticator, identityRoutes } from './routes.ts';
export { loadSigningKeys } from './signing-keys.ts';
export { IdentityStore } from './store.ts';
export { Tokens } from './tokens.ts';
