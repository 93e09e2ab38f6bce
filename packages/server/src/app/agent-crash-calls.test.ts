import { expect, it } from 'vitest';
import {
  consent,
  expireLeases,
  lastSeq,
  openHouse,
  send,
  settled,
  stopQuietly,
  WHOLE,
} from './testing/crash-scene.ts';
import { listen } from './testing/listener.ts';

it('a run with three tool calls ends once and repeats nothing recorded when its process dies in any of its external calls', async () => {
  const { db, start, begin, repeated, calls, setting } = await openHouse();
  let alive = await begin();
  const person = consent(() => alive);
  const turn = async (conversation: string, name: string | null) => {
    const since = await lastSeq(db);
    const dead = Promise.withResolvers<void>();
    setting.point = name === null ? null : { name, die: () => dead.resolve() };
    const message = await send(alive, conversation);
    if (name !== null) {
      await dead.promise;
      // From here on nothing of it reaches the database any more.
      void alive.faulty.set({ at: 0, side: 'before', is_final: true });
      await stopQuietly(alive.program);
      await expireLeases(db);
      alive = await start();
    }
    const stream = await listen(alive.program, alive.token, { last_event_id: since });
    await stream.answerTo(message.id);
    expect({ name, ...(await settled(db, conversation)) }).toEqual({ name, ...WHOLE });
  };
  await turn('whole', null);
  const points = calls.toSorted();
  expect(points).toEqual(
    ['model call 0', 'model call 1', 'model call 2', 'tool call 1', 'tool call 2', 'tool call 3']
      .flatMap((name) => [`${name} begins`, `${name} ends`])
      .toSorted(),
  );
  for (const [n, name] of points.entries()) await turn(`call-${n}`, name);
  await person.end();
  expect(repeated).toEqual([]);
}, 240_000);
