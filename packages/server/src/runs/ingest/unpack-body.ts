import type { FastifyRequest, RequestPayload } from 'fastify';
import { Transform, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../base/index.ts';

/**
 * Unpacks a body with `Content-Encoding: gzip`, as a hook before parsing. Never more than `bytes_max` come out, so a small
 * body that unpacks to a huge one costs no more than an honest one.
 * @throws AppError unsupported_media_type, bad_request, payload_too_large
 */
export function unpackBody(bytes_max: number) {
  return async (
    request: FastifyRequest,
    _reply: unknown,
    payload: RequestPayload,
  ): Promise<RequestPayload> => {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    if (encoding === 'identity' || encoding === '') return payload;
    if (encoding !== 'gzip' && encoding !== 'x-gzip')
      throw new AppError(
        'unsupported_media_type',
        'the body must come as it is or with content-encoding: gzip',
      );
    return unpack(payload, bytes_max);
  };
}

function unpack(payload: Readable, bytes_max: number): RequestPayload {
  let packed_bytes = 0;
  let bytes = 0;
  const gunzip = createGunzip();
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytes_max) done(tooLarge(bytes_max));
      else done(null, chunk);
    },
  });
  const stop = (error: Error) => {
    // The rest is taken off the socket, so that the answer can go out on it.
    payload.unpipe(gunzip);
    payload.resume();
    gunzip.destroy();
    limited.destroy(error);
  };
  payload.on('data', (chunk: Buffer) => {
    packed_bytes += chunk.length;
  });
  payload.on('error', stop);
  payload.on('close', () => {
    if (!payload.readableEnded) stop(broken('broke off'));
  });
  gunzip.on('error', () => stop(broken('is not whole and valid gzip')));
  limited.on('error', () => stop(tooLarge(bytes_max)));
  payload.pipe(gunzip).pipe(limited);
  // The framework holds this against `content-length`.
  return Object.defineProperty(limited, 'receivedEncodedLength', { get: () => packed_bytes });
}

function broken(how: string): AppError {
  return new AppError('bad_request', `the body ${how}`);
}

function tooLarge(bytes_max: number): AppError {
  return new AppError(
    'payload_too_large',
    `the body is larger than ${bytes_max / 1_048_576} MiB when it is unpacked; send less`,
  );
}
