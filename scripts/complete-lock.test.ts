import { expect, it } from 'vitest';
import { missingEntries } from './complete-lock.ts';

it('adds the optional packages of other platforms at the version their parent asks for', () => {
  const missing = missingEntries({
    packages: {
      'node_modules/tool': {
        version: '2.0.0',
        dev: true,
        optionalDependencies: {
          '@tool/binding-linux-x64-gnu': '2.0.0',
          '@tool/binding-linux-arm64-musl': '2.0.0',
          '@tool/win32-ia32': '2.0.0',
          '@tool/wasm32-wasi': '2.0.0',
        },
      },
      'node_modules/@tool/binding-linux-x64-gnu': { version: '2.0.0' },
    },
  });
  const entry = { version: '2.0.0', dev: true, optional: true };
  expect(missing).toEqual({
    'node_modules/@tool/binding-linux-arm64-musl': {
      ...entry,
      cpu: ['arm64'],
      os: ['linux'],
      libc: ['musl'],
    },
    'node_modules/@tool/win32-ia32': { ...entry, cpu: ['ia32'], os: ['win32'] },
    'node_modules/@tool/wasm32-wasi': { ...entry, cpu: ['wasm32'] },
  });
});

it('leaves alone what is found beside or above its parent, and what is not one version for one platform', () => {
  const optionalDependencies = { 'a-linux-x64': '1.0.0', 'b-linux-x64': '1.0.0' };
  const missing = missingEntries({
    packages: {
      'packages/web': { optionalDependencies },
      'packages/web/node_modules/a-linux-x64': { version: '1.0.0' },
      'node_modules/x/node_modules/y': { optionalDependencies },
      'node_modules/x/node_modules/a-linux-x64': { version: '1.0.0' },
      'node_modules/b-linux-x64': { version: '1.0.0' },
      'node_modules/z': { optionalDependencies: { fsevents: '2.3.3', 'c-linux-x64': '^1.0.0' } },
    },
  });
  expect(missing).toEqual({});
});
