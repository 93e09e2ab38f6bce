export { type AgentObserver } from './agent-runner.ts';
export { registryRoutes } from './catalog/routes.ts';
export { fingerprinter } from './break-circuit.ts';
export { CONTEXTS_QUEUE } from './context/context-triggers.ts';
export { AGENTS_SETTINGS } from './config.ts';
export { createAgents, type Agents } from './create-agents.ts';
export {
  createModelGateway,
  ModelError,
  type ModelAnswer,
  type ModelCall,
  type ModelConfig,
  type ModelGateway,
} from './models/index.ts';
export { AGENT_CHORES_QUEUE, AGENTS_QUEUE } from './register-agents.ts';
export { agentRoutes } from './routes.ts';
export { chatRoutes } from './serve/routes.ts';
export { StepConsents } from './step-consents.ts';
export { ThreeRoles } from './run-three-roles.ts';
