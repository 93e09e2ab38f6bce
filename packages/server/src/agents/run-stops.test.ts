import { describe, expect, it } from 'vitest';
import { ManualClock, newId, silentLog } from '../base/index.ts';
import { createMemoryBus, type Bus } from '../bus/index.ts';
import { openTestDatabase } from '../db/testing.ts';
import { IdentityStore } from '../identity/index.ts';
import { RunStops } from './run-stops.ts';
import { StopStore } from './stop-store.ts';

async function start(bus: Bus = createMemoryBus(silentLog)) {
  const db = await openTestDatabase();
  const store = new StopStore(db);
  const clock = new ManualClock();
  const stops = new RunStops({ bus, store, clock, log: silentLog });
  await stops.start();
  const owner_id = newId();
  await new IdentityStore(db).ensureAgent({ owner_id, agent_id: newId(), roles: [] });
  const request = (...delivery_ids: string[]) =>
    store.request({ owner_id, delivery_ids, reason: 'stopped', stopped_by: null });
  return { store, clock, stops, request };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

describe('the end of a model call that somebody asked for', () => {
  it('comes at once by a hint, and only to whom it is for', async () => {
    const { stops } = await start();
    const [one, two] = [stops.watch(newId()), newId()];
    const other = stops.watch(two);
    await stops.tell([two]);
    await aborted(other.signal);
    expect(one.signal.aborted).toBe(false);
  });

  it('comes a moment later when the hint was lost', async () => {
    const { stops, clock, request } = await start();
    const id = newId();
    const { signal } = stops.watch(id);
    const spared = stops.watch(newId());
    await request(id);
    clock.advance(2_000);
    await aborted(signal);
    expect(spared.signal.aborted).toBe(false);
  });

  it('comes when the bus says that hints may have been missed', async () => {
    let receive: (message: string | null) => void = () => {};
    const bus: Bus = {
      label: 'lossy',
      publish: async () => {},
      close: async () => {},
      async subscribe(_topic, each) {
        receive = each;
        return async () => {};
      },
    };
    const { stops, request } = await start(bus);
    const id = newId();
    const { signal } = stops.watch(id);
    await request(id);
    receive(null);
    await aborted(signal);
    expect(signal.aborted).toBe(true);
  });

  it('does not come any more when nothing is left to end', async () => {
    const { stops } = await start();
    const id = newId();
    const { signal, done } = stops.watch(id);
    done();
    await stops.tell([id]);
    await new Promise(setImmediate);
    expect(signal.aborted).toBe(false);
  });
});
