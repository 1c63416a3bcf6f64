/**
 * Returns the text ` Did you mean "apiKeys"?`, with a space at its begin. If no known word is similar enough, the result is the empty
 * string.
 */
export function suggestSimilarName(found: string, known: Iterable<string>): string {
  const nearest = [...known]
    .map((word) => ({ word, distance: computeEditDistance(found.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest ? ` Did you mean "${nearest.word}"?` : '';
}

/**
 * Computes the restricted Damerau–Levenshtein distance. Inserting, deleting or replacing a character counts as one, and so does swapping
 * two neighbours.
 */
export function computeEditDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        current[column - 1]! + 1,
        previous[column]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
        swapped ? beforePrevious[column - 2]! + 1 : Infinity,
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length]!;
}
