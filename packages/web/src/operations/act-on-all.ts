/** What came of doing the same to many. */
export interface ManyDone {
  readonly done: number;
  /** Those that failed, each with why. */
  readonly failures: readonly { readonly id: string; readonly error: unknown }[];
}

const AT_ONCE = 4;

/** Does `act` to each, a few at a time. One that fails does not keep the others from it. */
export async function actOnAll(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
): Promise<ManyDone> {
  const left = [...ids];
  const failures: { id: string; error: unknown }[] = [];
  const work = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await act(id);
      } catch (error) {
        failures.push({ id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done: ids.length - failures.length, failures };
}
