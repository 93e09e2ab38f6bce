export { SECRETS_SETTINGS } from './config.ts';
export { Keyring, loadKeyring } from './keyring.ts';
export { RewrapService } from './rewrap-service.ts';
export { secretRoutes } from './routes.ts';
export { SecretAccess } from './secret-access.ts';
export { Secrets } from './secrets.ts';
export { SecretStore } from './store.ts';
