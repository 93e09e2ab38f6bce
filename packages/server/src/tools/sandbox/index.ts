export {
  SANDBOX_LIMITS,
  type SandboxFaultClass,
  type HostCall,
  type SandboxResult,
  type SandboxRun,
} from './contract.ts';
export { Sandbox } from './sandbox.ts';
