/** One value that whoever runs Cairn can set in the environment. */
export interface Setting<T> {
  readonly env: string;
  /** One sentence: what it does, and what its values mean. */
  readonly description: string;
  readonly fallback: T;
  /** Never shown, only whether it is set. */
  readonly is_secret: boolean;
  /** A variable of the operating system, which is read but nobody sets for Cairn: it is not listed. */
  readonly is_of_system?: boolean;
  /** @throws Error that says what was expected */
  readonly read: (text: string) => T;
}

/** The settings of a module by the name that its code uses. */
export type Slice = Readonly<Record<string, Setting<unknown>>>;
export type Values<S extends Slice> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never;
};

interface Basics<T> {
  readonly env: string;
  readonly description: string;
  readonly fallback: T;
}

export function textSetting<T extends string | null>(
  basics: Basics<T> & { is_secret?: boolean; is_of_system?: boolean },
): Setting<T | string> {
  return { ...basics, is_secret: basics.is_secret ?? false, read: (text) => text };
}

export function integerSetting(
  basics: Basics<number> & { min: number; max: number },
): Setting<number> {
  const { min, max } = basics;
  return {
    ...basics,
    is_secret: false,
    read(text) {
      const value = Number(text);
      if (!/^-?\d+$/.test(text) || value < min || value > max)
        throw new Error(`expected a whole number from ${min} to ${max}`);
      return value;
    },
  };
}

export function choiceSetting<T extends string, F extends T | null>(
  basics: Basics<F> & { choices: readonly T[] },
): Setting<T | F> {
  return {
    ...basics,
    is_secret: false,
    read(text) {
      const choice = basics.choices.find((each) => each === text);
      if (choice === undefined) throw new Error(`expected one of ${basics.choices.join(', ')}`);
      return choice;
    },
  };
}

export function listSetting(basics: Basics<readonly string[]>): Setting<readonly string[]> {
  const read = (text: string) =>
    text
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
  return { ...basics, is_secret: false, read };
}

/** Settings that do not fit, all of them, in one message. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads a slice. Problems are collected, so that all can be told at once. An empty variable counts as not set. */
export function readSlice<S extends Slice>(
  slice: S,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Values<S> {
  const entries = Object.entries(slice).map(([name, setting]) => {
    const text = environment[setting.env]?.trim();
    if (text === undefined || text === '') return [name, setting.fallback];
    try {
      return [name, setting.read(text)];
    } catch (error) {
      const why = (error as Error).message;
      problems.push(
        setting.is_secret
          ? `${setting.env}: ${why.replaceAll(text, '(the value)')}`
          : `${setting.env}: ${why}; "${text.slice(0, 100)}" came`,
      );
      return [name, setting.fallback];
    }
  });
  return Object.freeze(Object.fromEntries(entries)) as Values<S>;
}
