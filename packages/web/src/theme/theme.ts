import { createStore, type Store } from '../live/store.ts';

/** What the person chose; `system` follows the operating system. */
export const THEME_CHOICES = ['light', 'dark', 'system'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** Also read by public/theme.js before the first paint. */
const STORAGE_KEY = 'cairn.theme';

/** Anything that is not a choice counts as `system`. */
export function parseThemeChoice(stored: string | null): ThemeChoice {
  return THEME_CHOICES.find((each) => each === stored) ?? 'system';
}

/** The theme that is shown for a choice. */
export function resolveTheme(choice: ThemeChoice, system_is_dark: boolean): 'light' | 'dark' {
  if (choice !== 'system') return choice;
  return system_is_dark ? 'dark' : 'light';
}

/** The choice as a store: setting it shows the theme and remembers it in this browser. */
export function createThemeStore(): Store<ThemeChoice> {
  const inner = createStore(parseThemeChoice(read()));
  const system = matchMedia('(prefers-color-scheme: dark)');
  const show = (): void => {
    const page = document.documentElement;
    const theme = resolveTheme(inner.get(), system.matches);
    if (page.dataset['theme'] === theme) return;
    // Everything changes at once: colours that fade one by one would leave text unreadable on the way.
    page.classList.add('without-transitions');
    page.dataset['theme'] = theme;
    requestAnimationFrame(() => {
      requestAnimationFrame(() => page.classList.remove('without-transitions'));
    });
  };
  system.addEventListener('change', show);
  show();
  return {
    ...inner,
    set(choice) {
      inner.set(choice);
      show();
      remember(choice);
    },
  };
}

function read(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

function remember(choice: ThemeChoice): void {
  try {
    localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Storage can be forbidden; then the choice holds until the page is closed.
  }
}
