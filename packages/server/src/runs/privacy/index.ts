export {
  PRIVACY_LIMITS,
  type PrivacyFinding,
  type PrivacyPolicy,
  type PrivacyRule,
} from './contract.ts';
export { namesContent } from './judge-key.ts';
export { scanMetadata, scanRun, scanText, type PrivacyScan } from './scan-run.ts';
