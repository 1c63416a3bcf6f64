/** Reads what the reader typed into a form. */

/** @returns the values of the controls that are not empty, by name, without spaces around them */
export function readFormValues(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form))
    if (typeof value === 'string' && value.trim() !== '') values[name] = value.trim();
  return values;
}
