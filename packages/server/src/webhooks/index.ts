export { WEBHOOKS_SETTINGS } from './config.ts';
export { WEBHOOKS_QUEUE } from './contract.ts';
export { createWebhooks, type WebhookParts } from './create-webhooks.ts';
export { registerWebhooks } from './register-webhooks.ts';
export { webhookRoutes } from './routes.ts';
