import { describe, expect, it } from 'vitest';
import { parseThemeChoice, resolveTheme } from './theme.ts';

describe('the theme', () => {
  it('follows the system unless something else was chosen', () => {
    expect(parseThemeChoice(null)).toBe('system');
    expect(parseThemeChoice('purple')).toBe('system');
    expect(resolveTheme('system', true)).toBe('dark');
    expect(resolveTheme('system', false)).toBe('light');
  });

  it('keeps to what was chosen', () => {
    expect(parseThemeChoice('dark')).toBe('dark');
    expect(resolveTheme('light', true)).toBe('light');
  });
});
