export { BackgroundLoop } from './background-loop.ts';
export { checksum } from './canonical-json.ts';
export { ManualClock, keepAlive, systemClock, type Clock } from './clock.ts';
export {
  choiceSetting,
  ConfigError,
  integerSetting,
  listSetting,
  readSlice,
  textSetting,
  type Setting,
  type Slice,
  type Values,
} from './config.ts';
export { AppError, messageOf } from './errors.ts';
export { isUuid, newId, randomToken, secureRandom } from './ids.ts';
export { createLog, silentLog, type Log, type LogLevel } from './log.ts';
export { Metrics, type Durations } from './metrics.ts';
export { startAll, stopAll, type Service } from './service.ts';
export { whyNotStorable } from './storable-json.ts';
export {
  inSpan,
  traceIdOf,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type Tracing,
} from './tracing.ts';
export { Wakeup } from './wakeup.ts';
