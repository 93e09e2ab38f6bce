/** A random id (UUIDv4). `crypto.randomUUID` is missing on plain HTTP outside loopback, where this still works. */
export function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [8, 12, 16, 20].reduce(
    (text, at, index) => `${text.slice(0, at + index)}-${text.slice(at + index)}`,
    hex,
  );
}
