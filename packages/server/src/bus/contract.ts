/**
 * Messages between processes that need not last: hints that something durable has grown, and text as a model writes it.
 * A message may be lost; whoever cannot bear that reads the database. Adapters: `memory` for one process, `postgres`
 * for many. `bus.conformance.ts` holds each to this contract.
 */
export interface Bus {
  readonly label: string;
  /**
   * Sends to every subscriber of the topic, in this process and the others, in the order of the calls.
   * Resolves when the message has left; never rejects for want of a connection (it is dropped and counted in the log).
   * @throws RangeError when the message is longer than `MAX_MESSAGE_BYTES`.
   */
  publish(topic: string, message: string): Promise<void>;
  /**
   * Calls `receive` for each message. `receive(null)` means that messages may have been missed.
   * A subscriber that throws hurts nobody else. The answer ends the subscription.
   */
  subscribe(topic: string, receive: (message: string | null) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export const MAX_MESSAGE_BYTES = 7_500;

/** @throws RangeError with the size that came and the limit. */
export function assertFits(topic: string, message: string): void {
  const bytes = Buffer.byteLength(message);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new RangeError(
      `a message on ${topic} has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} fit`,
    );
  }
}
