/** Compares a text with a pattern in which `*` stands for any characters and `?` for exactly one. */

const patterns = new Map<string, RegExp>();

/** Returns true if the whole text matches the pattern. Case does not matter. */
export function matchesGlob(text: string, pattern: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    const source = pattern
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replace(/\*+/g, '[^]*')
      .replaceAll('?', '[^]');
    compiled = new RegExp(`^${source}$`, 'i');
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}
