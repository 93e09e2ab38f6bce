import { newQuickJSWASMModuleFromVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core';

const PAGE_BYTES = 65_536;
const MIB = 1_048_576;
/** An engine whose memory has grown beyond this is not used again, since such memory never shrinks. */
const KEPT_MIB = 48;

/** One instance of the engine with memory of its own, used for one run after the other. */
export interface GuestEngine {
  readonly module: QuickJSWASMModule;
  /** Sets how far memory may grow in this run. */
  limitMemory(mib: number): void;
  /** Whether memory was refused in this run. */
  wasRefused(): boolean;
  /** Whether the next run may have it too. */
  isFit(): boolean;
}

/**
 * Loads an engine. QuickJS's own memory limit does not count what long strings take in its WebAssembly build, so the
 * memory itself is held back: it grows only as far as the run may.
 */
export async function loadEngine(): Promise<GuestEngine> {
  const module = await newQuickJSWASMModuleFromVariant(
    import('@jitl/quickjs-ng-wasmfile-release-sync'),
  );
  const memory = module.getWasmMemory();
  const grow = memory.grow.bind(memory);
  const initial = memory.buffer.byteLength;
  let limit = initial;
  let is_refused = false;
  memory.grow = (pages: number): number => {
    if (memory.buffer.byteLength + pages * PAGE_BYTES > limit) {
      is_refused = true;
      throw new RangeError('the run may not have more memory');
    }
    return grow(pages);
  };
  return {
    module,
    limitMemory(mib) {
      limit = Math.max(initial, mib * MIB);
      is_refused = false;
    },
    wasRefused: () => is_refused,
    isFit: () => memory.buffer.byteLength <= KEPT_MIB * MIB,
  };
}
