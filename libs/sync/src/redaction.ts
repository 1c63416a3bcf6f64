/** Redacts secrets in logs, errors and the quarantine. */

/** Returns the string without secrets. */
export type Redact = (text: string) => string;

const HIDDEN = '[redacted]';

/** Patterns of credentials that are not in the deployment file, e.g. an access token that a PSP issued. */
const FORMS: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/:\/\/[^/\s:@]{1,256}:[^/\s@]{1,1024}@/g, `://${HIDDEN}@`],
  [
    /\b((?:api|access|refresh|client|private|secret)?[_-]?(?:key|token|secret|password|assertion))("?\s*[=:]\s*"?)[^\s"&,;}]{6,}/gi,
    `$1$2${HIDDEN}`,
  ],
];

/** Creates a redactor that applies `known` and then the patterns of credentials. */
export function redaction(known: Redact = (text) => text): Redact {
  return (text) => FORMS.reduce((result, [form, by]) => result.replace(form, by), known(text));
}
