/**
 * Something long-lived. `start` and `stop` are each safe to call twice; `stop` waits for what is under way or hands it
 * back, and a service that failed to start can be stopped.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts services in order; when one fails, stops it and those that run, last first, and throws its error:
 * what goes wrong while stopping then is a consequence and must not hide the cause.
 */
export async function startAll(services: readonly Service[]): Promise<void> {
  for (const [index, service] of services.entries()) {
    try {
      await service.start();
    } catch (error) {
      await stopAll(services.slice(0, index + 1)).catch(() => {});
      throw error;
    }
  }
}

/** Stops services, last first. Every one is stopped even when another fails; the first failure is thrown at the end. */
export async function stopAll(services: readonly Service[]): Promise<void> {
  const failures: unknown[] = [];
  for (const service of services.toReversed()) {
    try {
      await service.stop();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
