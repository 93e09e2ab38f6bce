export { AgentRunner } from './agent-runner.ts';
export { AGENTS_SETTINGS } from './config.ts';
export {
  createModelGateway,
  ModelError,
  type ModelAnswer,
  type ModelCall,
  type ModelConfig,
  type ModelGateway,
} from './models/index.ts';
export { AGENTS_QUEUE, registerAgents } from './register-agents.ts';
export { RunStore } from './store.ts';
