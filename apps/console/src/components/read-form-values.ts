/** Reads the values that the user entered into a form. */

/** Returns the values of the controls that are not empty, by name. Spaces around the values are removed. */
export function readFormValues(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form))
    if (typeof value === 'string' && value.trim() !== '') values[name] = value.trim();
  return values;
}
