/** The colour theme of the console: the theme of the operating system, or the theme that the user chose in this browser. */

export const THEMES = [
  { value: 'system', label: 'System theme' },
  { value: 'light', label: 'Light theme' },
  { value: 'dark', label: 'Dark theme' },
] as const;
export type Theme = (typeof THEMES)[number]['value'];

const STORAGE_KEY = 'tributary-theme';

export function readTheme(): Theme {
  const stored = readStorage();
  return THEMES.find(({ value }) => value === stored)?.value ?? 'system';
}

export function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // A browser can forbid storage. The chosen theme is then lost when the page is loaded again.
  }
  applyTheme(theme);
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

function readStorage(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
