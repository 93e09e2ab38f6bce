import { describe, expect, it } from 'vitest';
import { AppError, messageOf } from './errors.ts';

describe('AppError', () => {
  it('carries code, status, further fields and cause', () => {
    const cause = new Error('deeper');
    const error = new AppError('not_found', 'no such breadcrumb', { current_version: 3 }, cause);
    expect(error).toMatchObject({ name: 'AppError', code: 'not_found', status: 404, cause });
    expect(error.extra).toEqual({ current_version: 3 });
    expect('cause' in new AppError('not_found', 'none')).toBe(false);
  });
});

describe('messageOf', () => {
  it('is the message of an error, and the text of anything else', () => {
    expect(messageOf(new TypeError('wrong'))).toBe('wrong');
    expect(messageOf('text')).toBe('text');
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf(null)).toBe('null');
  });
});
