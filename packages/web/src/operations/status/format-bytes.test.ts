import { expect, it } from 'vitest';
import { formatBytes } from './format-bytes.ts';

it.each([
  [null, '–'],
  [0, '0 B'],
  [812, '812 B'],
  [1_024, '1.0 KiB'],
  [1_048_576 * 74.25, '74.3 MiB'],
  [2 ** 30, '1.0 GiB'],
  [2 ** 55, '32768.0 TiB'],
])('shows %s bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
