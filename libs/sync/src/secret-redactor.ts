/** Removes secrets from strings for the log, for errors and for the quarantine. */

/** A function that returns the string without the secrets that it contained. */
export type Redactor = (text: string) => string;

const REDACTED = '[redacted]';

/** Patterns of credentials that are not in the deployment file, e.g. an access token that a PSP issued. */
const CREDENTIAL_PATTERNS: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/:\/\/[^/\s:@]{1,256}:[^/\s@]{1,1024}@/g, `://${REDACTED}@`],
  [
    /\b((?:api|access|refresh|client|private|secret)?[_-]?(?:key|token|secret|password|assertion))("?\s*[=:]\s*"?)[^\s"&,;}]{6,}/gi,
    `$1$2${REDACTED}`,
  ],
];

/** Creates a redactor that first applies `known`, and then the patterns of credentials. */
export function createCredentialRedactor(known: Redactor = (text) => text): Redactor {
  return (text) =>
    CREDENTIAL_PATTERNS.reduce(
      (result, [pattern, replacement]) => result.replace(pattern, replacement),
      known(text),
    );
}
