/** Explains YAML syntax errors. The messages of the parser are not used, because they quote the source, which can contain a secret. */
import type { ErrorCode } from 'yaml';

const ERROR_EXPLANATIONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: 'found a tab in the indentation; YAML allows only spaces there. Replace it by spaces',
  BAD_INDENT:
    'the indentation does not fit the lines above, or a bracket is not closed; expected the keys of one mapping in one column',
  MISSING_CHAR:
    'a closing quote or bracket, or the comma between two values, is missing. References like "${NAME}" want quotes inside { } and [ ]',
  MULTIPLE_DOCS: 'found a second document (---); expected one document',
  BAD_SCALAR_START:
    'found a value that begins with a character YAML keeps for itself (@ ` % and others). Put the value in quotes',
  BAD_DQ_ESCAPE:
    'found an unknown escape in a double-quoted text. Write \\\\ for a backslash, or use single quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'found a second "key:" on one line. Put a text with a colon in quotes, or the mapping on lines of its own',
  MULTILINE_IMPLICIT_KEY: 'expected "key: value", found a line without the colon',
  UNEXPECTED_TOKEN:
    'found something that does not belong here. Put references like "${NAME}" in quotes inside { } and [ ], and check the indentation',
  TAG_RESOLVE_FAILED: 'found a YAML tag (!…); the deployment file has none. Remove it',
  BAD_ALIAS: 'found an alias (*…) without its anchor (&…) above it',
  BLOCK_IN_FLOW: 'found a block of lines inside { } or [ ]; expected values separated by commas',
};

export function explainYamlError(code: ErrorCode): string {
  return ERROR_EXPLANATIONS[code] ?? `this is not YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
}
