export { type ModelConfig } from './config.ts';
export {
  ModelError,
  type FinishReason,
  type ModelAnswer,
  type ModelCall,
  type ModelErrorClass,
  type ModelGateway,
  type ModelMessage,
  type ModelTool,
  type ProviderTurn,
  type ToolCall,
} from './contract.ts';
export { whyNoModel } from './resolve-model.ts';
export { createModelGateway, type ModelPorts } from './model-gateway.ts';
