import { describe, expect, it } from 'vitest';
import { failure } from '../embedder.conformance.ts';
import { EncoderThread } from './encoder-thread.ts';

const START = {
  model: { label: 'none', folder: 'none', model_file: 'none' },
  packages_folder: null,
};
const never = new AbortController().signal;
const mortalThread = () =>
  new EncoderThread(START, new URL('../testing/mortal-worker.ts', import.meta.url));

describe('the thread of the encoder', () => {
  it('answers each job with its own rows', async () => {
    const thread = mortalThread();
    expect(await thread.start()).toMatchObject({ fingerprint: '0123456789ab', max_tokens: 8 });
    const answers = await Promise.all([
      thread.encode(['a', 'bb'], never),
      thread.encode(['ccc'], never),
    ]);
    expect(answers).toEqual([[[1], [2]], [[3]]]);
    await thread.stop();
  });

  it('fails what was under way when it dies, and starts again for the next job', async () => {
    const thread = mortalThread();
    const waiting = failure(thread.encode(['wait'], never));
    const dying = failure(thread.encode(['die'], never));
    for (const error of [await waiting, await dying]) {
      expect(error).toMatchObject({ error_class: 'unavailable', is_retryable: true });
      expect(error.message).toContain('exit code 3');
    }
    expect(await thread.encode(['live'], never)).toEqual([[4]]);
    await thread.stop();
  });

  it('passes on what the model failed with', async () => {
    const thread = mortalThread();
    expect(await failure(thread.encode(['fail'], never))).toMatchObject({
      error_class: 'invalid_request',
      message: 'It was too sad',
    });
    await thread.stop();
  });

  it('lets a caller go who stops waiting, and serves the others', async () => {
    const thread = mortalThread();
    await thread.start();
    const stop = new AbortController();
    const stopped = failure(thread.encode(['wait'], stop.signal));
    const other = thread.encode(['five!'], never);
    stop.abort();
    expect(await stopped).toMatchObject({ error_class: 'cancelled' });
    expect(await other).toEqual([[5]]);
    await thread.stop();
  });

  it('says so when it cannot start, and tries anew at the next call', async () => {
    const thread = new EncoderThread(START, new URL('./no-such-worker.ts', import.meta.url));
    expect(await failure(thread.start())).toMatchObject({ error_class: 'unavailable' });
    expect(await failure(thread.start())).toMatchObject({ error_class: 'unavailable' });
  });
});
