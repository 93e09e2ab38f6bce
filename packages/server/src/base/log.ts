import { pino, type DestinationStream, type Logger } from 'pino';
import { redactSecrets } from './redact-fields.ts';

/** Structured logging: fields first, sentence second, as pino does it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log that adds these fields to every line. */
  child(fields: Record<string, unknown>): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on `destination`, stderr when absent. Fields whose names say that they are secret are redacted. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  return redacting(
    pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        // Errors have been turned into fields by then; pino would take these for an error once more.
        serializers: { err: (fields: unknown) => fields },
      },
      destination ?? pino.destination({ fd: 2, sync: true }),
    ),
  );
}

export const silentLog: Log = createLog('silent');

function redacting(logger: Logger): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](redactSecrets(fields), message);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => redacting(logger.child(redactSecrets(fields))),
  };
}
