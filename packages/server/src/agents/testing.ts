/** What tests of other modules may use of the agents: providers that stand on this machine and speak the real wires. */
export { anthropicWire } from './models/testing/anthropic-wire.ts';
export { chatCompletionsWire } from './models/testing/chat-completions-wire.ts';
export { startFakeProvider, type FakeProvider } from './models/testing/fake-provider.ts';
export type { Reply } from './models/testing/reply.ts';
export { emptyConfig as emptyModelConfig } from './models/testing/test-config.ts';
