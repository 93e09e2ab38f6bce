import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { readMirror, startPostgresWithVectors, VECTOR_ROOT } from './vector-postgres.ts';

it.each([
  ['one line each', 'deb http://mirror.example/debian bookworm main\n'],
  ['with options', 'deb [arch=amd64 signed-by=/a.gpg] http://mirror.example/debian bookworm main'],
  ['in stanzas', 'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n'],
  [
    'after one for security updates',
    'URIs: http://mirror.example/debian-security\n\nURIs: http://mirror.example/debian\n',
  ],
])('finds the mirror in the sources of apt, %s', (_name, sources) => {
  expect(readMirror(sources)).toBe('http://mirror.example/debian');
});

it.each([
  ['nothing', ''],
  ['a comment', '# deb http://mirror.example/debian bookworm main'],
  ['a disc', 'deb cdrom:[Debian 12]/ bookworm main'],
  ['security updates alone', 'deb http://security.mirror.example/ bookworm-security main'],
])('finds no mirror in %s', (_name, sources) => {
  expect(readMirror(sources)).toBeUndefined();
});

// Building it is a download; `npm run test:services` does that.
const is_built = fs.existsSync(VECTOR_ROOT) && process.getuid?.() === 0;

it.runIf(is_built)(
  'starts a server with vectors, and leaves nothing when it is stopped',
  async () => {
    const before = folders();
    const service = await startPostgresWithVectors();
    const own = folders().filter((name) => !before.includes(name));
    try {
      await service.restart();
      const client = new pg.Client(service.url);
      await client.connect();
      await client.query('create extension vector');
      const { rows } = await client.query("select '[1,0]'::vector <=> '[0,1]'::vector as distance");
      expect(rows).toEqual([{ distance: 1 }]);
      await client.end();
    } finally {
      await service.stop();
      expect(folders().filter((name) => own.includes(name))).toEqual([]);
    }
  },
);

function folders(): string[] {
  return fs.readdirSync(path.join(VECTOR_ROOT, 'tmp'));
}
