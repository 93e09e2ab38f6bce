export { WEBHOOKS_SETTINGS } from './config.ts';
export { WEBHOOKS_QUEUE, type Disabled, type Notifier, type Settled } from './contract.ts';
export { createWebhooks, type WebhookParts, type WebhooksPorts } from './create-webhooks.ts';
export { registerWebhooks } from './register-webhooks.ts';
export { webhookRoutes } from './routes.ts';
