export {
  type DecodedTraces,
  OtlpError,
  type OtlpEncoding,
  type OtlpErrorCode,
  type OtlpLimits,
  type OtlpSpan,
} from './contract.ts';
export { decodeTraces } from './decode-traces.ts';
export { deriveRun, type DerivableStep, type DerivedRun } from './derive-run.ts';
export { encodeTracesAnswer, encodeTracesError, type OtlpAnswer } from './encode-answer.ts';
export { type MapOptions, type MappedStep } from './map-span.ts';
export { type MappedRun, mapTraces } from './map-traces.ts';
