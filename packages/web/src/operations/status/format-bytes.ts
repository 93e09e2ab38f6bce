const STEP = 1_024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size in few characters: `812 B`, `74.2 MiB`. A dash when nobody told. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '–';
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / STEP ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power] ?? ''}`;
}
