/** What the tracer uses of a Node process, when it runs in one. */
export interface NodeProcess {
  readonly pid: number;
  /** A built-in module, without an import that a bundler for browsers would stumble over. Node 20.16 or later. */
  getBuiltinModule?(name: string): unknown;
  emitWarning?(message: string, name: string): void;
  uptime(): number;
  kill(pid: number, signal: number): unknown;
  on(event: 'beforeExit', run: () => void): unknown;
  off(event: 'beforeExit', run: () => void): unknown;
}

/** The process, or null in a browser. */
export function nodeProcess(): NodeProcess | null {
  const found: unknown = Reflect.get(globalThis, 'process');
  if (typeof found !== 'object' || found === null) return null;
  const versions: unknown = Reflect.get(found, 'versions');
  const is_node = typeof versions === 'object' && versions !== null && 'node' in versions;
  return is_node ? (found as NodeProcess) : null;
}

/** A built-in module of Node, or null where there is none. The caller names its type. */
export function builtinModule<T>(name: string): T | null {
  return (nodeProcess()?.getBuiltinModule?.(name) as T | undefined) ?? null;
}
