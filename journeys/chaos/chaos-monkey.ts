import { setTimeout as pause } from 'node:timers/promises';
import { startServer, type ServerProcess } from '../server-process.ts';

/** Something that can be killed and comes back. */
export interface Victim {
  readonly name: string;
  kill(): Promise<void>;
  /** Resolves when it works again. */
  revive(): Promise<void>;
}

/** A server that a supervisor would start again whenever it has died. */
export class SupervisedServer implements Victim {
  readonly name: string;
  readonly #environment: Record<string, string>;
  #process: ServerProcess | null = null;
  #output = '';

  constructor(name: string, environment: Record<string, string>) {
    this.name = name;
    this.#environment = environment;
  }

  /** What all its lives have printed. */
  get output(): string {
    return this.#output + (this.#process?.output() ?? '');
  }

  async kill(): Promise<void> {
    this.#output = this.output;
    await this.#process?.kill();
    this.#process = null;
  }

  /** Starts it, as often as it takes: it gives up at once while its database is away. */
  async revive(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#process = await startServer(this.#environment);
        return;
      } catch (error) {
        if (attempt === 60) throw error;
        await pause(250);
      }
    }
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills one after the other, at random moments, until the time is over; in the end all work again. Says what it did. */
export async function killAtRandom(
  victims: readonly Victim[],
  for_ms: number,
  random: () => number,
): Promise<Map<string, number>> {
  const ends_at = Date.now() + for_ms;
  const kills = new Map<string, number>();
  const reviving = new Map<string, Promise<void>>();
  while (Date.now() < ends_at) {
    await pause(1_000 + random() * 3_000);
    const victim = victims[Math.floor(random() * victims.length)] as Victim;
    await reviving.get(victim.name);
    await victim.kill();
    kills.set(victim.name, (kills.get(victim.name) ?? 0) + 1);
    const away_ms = random() * 1_500;
    // Others may die while this one is away.
    reviving.set(
      victim.name,
      pause(away_ms).then(() => victim.revive()),
    );
  }
  await Promise.all(reviving.values());
  return kills;
}
