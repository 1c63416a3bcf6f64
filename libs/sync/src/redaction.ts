/** Keeps secrets out of logs, errors and the quarantine. */
export type Redact = (text: string) => string;

const HIDDEN = '[redacted]';

/** Credentials by their form, for those that the deployment file does not know, e.g. a token that a PSP handed out. */
const FORMS: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/:\/\/[^/\s:@]{1,256}:[^/\s@]{1,1024}@/g, `://${HIDDEN}@`],
  [
    /\b((?:api|access|refresh|client|private|secret)?[_-]?(?:key|token|secret|password|assertion))("?\s*[=:]\s*"?)[^\s"&,;}]{6,}/gi,
    `$1$2${HIDDEN}`,
  ],
];

export function redaction(known: Redact = (text) => text): Redact {
  return (text) => FORMS.reduce((result, [form, by]) => result.replace(form, by), known(text));
}
