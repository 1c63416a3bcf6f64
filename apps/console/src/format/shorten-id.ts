/** The number of characters of an id that are shown. The ids of PSPs are shorter. */
const MAX_SHOWN_CHARACTERS = 60;

/** Shortens a long id for headings and tables. A rejected record that has no id is stored with its JSON as its id. */
export function shortenId(id: string): string {
  const characters = [...id];
  if (characters.length <= MAX_SHOWN_CHARACTERS) return id;
  return `${characters.slice(0, MAX_SHOWN_CHARACTERS - 1).join('')}…`;
}
