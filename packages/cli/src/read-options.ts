import { InvalidArgumentError } from 'commander';

/** Reads an option that is a span in seconds. @throws InvalidArgumentError */
export function readSeconds(text: string): number {
  const seconds = Number(text);
  // A day: far more than anyone waits, and far below what a timer can hold.
  if (text.trim() !== '' && seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('Expected seconds, more than 0 and at most 86400.');
}
