import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startAll, stopAll, type Service } from './service.ts';

type Fault = 'none' | 'start' | 'stop' | 'both';

function makeServices(faults: readonly Fault[]) {
  const calls: string[] = [];
  const services = faults.map((fault, index): Service => {
    const act = async (what: 'start' | 'stop') => {
      calls.push(`${what} ${index}`);
      await Promise.resolve();
      if (fault === what || fault === 'both') throw new Error(`${what} ${index} failed`);
    };
    return { name: String(index), start: () => act('start'), stop: () => act('stop') };
  });
  return { services, calls };
}

describe('startAll and stopAll', () => {
  it('start in order, and stop last first', async () => {
    const { services, calls } = makeServices(['none', 'none', 'none']);
    await startAll(services);
    await stopAll(services);
    expect(calls).toEqual(['start 0', 'start 1', 'start 2', 'stop 2', 'stop 1', 'stop 0']);
  });

  it('start each only when the one before has started', async () => {
    const first = Promise.withResolvers<void>();
    const { services, calls } = makeServices(['none']);
    const slow: Service = { name: 'slow', start: () => first.promise, stop: async () => {} };
    const started = startAll([slow, ...services]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toEqual([]);
    first.resolve();
    await started;
    expect(calls).toEqual(['start 0']);
  });

  it('stop what runs, and what failed to start, last first, when one fails to start', async () => {
    const { services, calls } = makeServices(['none', 'none', 'start', 'none']);
    await expect(startAll(services)).rejects.toThrow('start 2 failed');
    expect(calls).toEqual(['start 0', 'start 1', 'start 2', 'stop 2', 'stop 1', 'stop 0']);
  });

  it('tell why the start failed, not what went wrong while cleaning up after it', async () => {
    const { services, calls } = makeServices(['stop', 'both']);
    await expect(startAll(services)).rejects.toThrow('start 1 failed');
    expect(calls).toEqual(['start 0', 'start 1', 'stop 1', 'stop 0']);
  });

  it('stop every one although some fail, and throw the first failure', async () => {
    const { services, calls } = makeServices(['stop', 'none', 'stop']);
    await expect(stopAll(services)).rejects.toThrow('stop 2 failed');
    expect(calls).toEqual(['stop 2', 'stop 1', 'stop 0']);
  });

  it('stop exactly what was started, wherever faults lie', async () => {
    const fault = fc.constantFrom<Fault>('none', 'start', 'stop', 'both');
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 6 }), async (faults) => {
        const { services, calls } = makeServices(faults);
        const failing = faults.findIndex((each) => each === 'start' || each === 'both');
        const outcome = await startAll(services).then(
          () => null,
          (error: Error) => error.message,
        );
        expect(outcome).toBe(failing === -1 ? null : `start ${failing} failed`);
        if (failing === -1) await stopAll(services).catch(() => {});
        const numbers = (what: string) =>
          calls.filter((call) => call.startsWith(what)).map((call) => Number(call.split(' ')[1]));
        expect(numbers('stop')).toEqual(numbers('start').toReversed());
      }),
    );
  });
});
