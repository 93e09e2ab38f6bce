import { SENSITIVITIES, VISIBILITIES, type Sensitivity, type Visibility } from '@cairn/protocol';

interface Guard {
  readonly visibility: Visibility;
  readonly sensitivity: Sensitivity;
}

/** What guards a record that holds all of these: nobody may see it who may not see each of them. */
export function strictestOf(guards: readonly Guard[]): Guard {
  const level = <T>(order: readonly T[], values: readonly T[]) =>
    order[Math.max(0, ...values.map((each) => order.indexOf(each)))] as T;
  return {
    visibility: level(
      VISIBILITIES,
      guards.map(({ visibility }) => visibility),
    ),
    sensitivity: level(
      SENSITIVITIES,
      guards.map(({ sensitivity }) => sensitivity),
    ),
  };
}
