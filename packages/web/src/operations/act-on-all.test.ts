import { expect, it } from 'vitest';
import { actOnAll } from './act-on-all.ts';

const IDS = Array.from({ length: 20 }, (_, at) => String(at));

it('does it to each once, and never to more than four at a time', async () => {
  const acted: string[] = [];
  let [running, most] = [0, 0];
  const outcome = await actOnAll(IDS, async (id) => {
    most = Math.max(most, ++running);
    acted.push(id);
    await Promise.resolve();
    running--;
  });
  expect(acted.toSorted()).toEqual(IDS.toSorted());
  expect(most).toBe(4);
  expect(outcome).toEqual({ done: 20, failures: [] });
});

it('goes on after a failure and tells which failed', async () => {
  const error = new Error('no');
  const act = (id: string) => (id === '3' ? Promise.reject(error) : Promise.resolve());
  expect(await actOnAll(IDS, act)).toEqual({ done: 19, failures: [{ id: '3', error }] });
});
