/**
 * Normalizes an IBAN: `nl02 abna-0123-4567-89` → `NL02ABNA0123456789`. Without normalization, one account could have several ids.
 * Validators of IBANs also ignore spaces and hyphens.
 */
export function normalizeIban(written: string): string {
  return written.replace(/[\s-]/g, '').toUpperCase();
}
