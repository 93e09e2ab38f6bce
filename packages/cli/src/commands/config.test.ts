import { describe, expect, it } from 'vitest';
import { settingLines } from './config.ts';

const ROWS = [
  {
    name: 'CAIRN_DATA_DIR',
    value: `/home/${'a-long-way/'.repeat(20)}`,
    source: 'environment' as const,
    description: `Folder for ${'embedded data and '.repeat(8)}keys.`,
  },
  { name: 'PORT', value: '8081', source: 'default' as const, description: 'Port to listen on.' },
];

describe('the settings in a table', () => {
  it.each([80, 100])(
    'fit %i columns, and nothing of what a setting does is left out',
    (columns) => {
      const lines = settingLines(ROWS, columns);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      const said = lines.join(' ').replace(/\s+/g, ' ');
      for (const { name, source, description } of ROWS) {
        expect(said).toContain(name);
        expect(said).toContain(source);
        expect(said).toContain(description);
      }
      expect(said).toContain('…');
    },
  );

  it('are one line each, whole, for a pipe', () => {
    const lines = settingLines(ROWS, Number.POSITIVE_INFINITY);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(ROWS[0]?.value);
  });
});
