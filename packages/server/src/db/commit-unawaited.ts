/**
 * SQL to be selected by a statement, or returned by it, whose transaction need not wait for the disk when it commits.
 * Others see what it wrote at once, and the end of this process loses nothing. When the database itself dies within the
 * next second it may be gone, together with all that was written after it: whoever waits for a later commit has this
 * one too. So it is for the program's own bookkeeping, which is done again from what was there before, and never for
 * what somebody is told of: an event, an answer, an outcome. It counts for the whole transaction.
 */
export const COMMIT_UNAWAITED = "set_config('synchronous_commit', 'off', true)";
