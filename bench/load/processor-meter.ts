/** Starts to measure this process; the answer says how long ago that was and how many cores were busy on average. */
export function startMeter(): () => { elapsed_ms: number; cores: number } {
  const began = performance.now();
  const before = process.cpuUsage();
  return () => {
    const elapsed_ms = performance.now() - began;
    const { user, system } = process.cpuUsage(before);
    return { elapsed_ms, cores: (user + system) / 1_000 / elapsed_ms };
  };
}
