/** Reads a list that not every token may read, for a PSP with products that a tenant may not have. */
import { isAccessDenied } from '../http/psp-response-error.js';

/**
 * The values of a setting for such a list. `where-allowed`: nothing is read if the token may not read the list. `required`: this is an error. `off`: the list
 * is never read.
 */
export const ACCESS_CHOICES = ['where-allowed', 'required', 'off'] as const;
export type AccessChoice = (typeof ACCESS_CHOICES)[number];

/** Returns the rows of a list, or no rows if the setting says so. @throws the error of `list`, also an error that access is denied if the list is `required` */
export async function listWhereAllowed<Row>(
  access: AccessChoice,
  list: () => Promise<Row[]>,
): Promise<Row[]> {
  if (access === 'off') return [];
  return list().catch((error: unknown) => {
    if (access === 'required' || !isAccessDenied(error)) throw error;
    return [];
  });
}
