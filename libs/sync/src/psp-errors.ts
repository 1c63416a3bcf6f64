/** Converts every value that a plugin throws to a `PspError` of one of the five kinds, with a redacted message. */
import { PspError, RefusedError } from '@tributary/connector-api';
import type { PspErrorKind } from '@tributary/connector-api';
import type { Redact } from './redaction.js';

const LONGEST_MESSAGE = 2_000;

/**
 * Converts a thrown value to a `PspError` with a redacted message of limited length.
 * @param where connector and call, for the message, e.g. `house-bank transactions`
 * @returns an error whose `details.cause` is the redacted stack, if the plugin threw an unexpected error
 */
export function toPspError(thrown: unknown, where: string, redact: Redact): PspError {
  const clean = (text: string) => redact(text.slice(0, 4 * LONGEST_MESSAGE)).slice(0, LONGEST_MESSAGE);
  if (thrown instanceof PspError) {
    const { retryAfter, status } = thrown.details;
    return new PspError(kindOf(thrown.kind), `${where}: ${clean(thrown.message)}`, {
      ...(Number.isFinite(retryAfter) ? { retryAfter } : {}),
      ...(status === undefined ? {} : { status }),
    });
  }
  if (thrown instanceof RefusedError) {
    return new PspError('unavailable', `${where}: the answer cannot be served: ${clean(thrown.message)}`);
  }
  const { text, stack } = describe(thrown);
  return new PspError('unavailable', `${where}: the plugin failed unexpectedly: ${clean(text)}`, {
    ...(stack === undefined ? {} : { cause: clean(stack) }),
  });
}

/** Replaces `unknown-outcome`. A listing moves no money, so it has no outcome that could be unknown. */
function kindOf(kind: PspErrorKind): PspErrorKind {
  return kind === 'unknown-outcome' ? 'unavailable' : kind;
}

function describe(thrown: unknown): { text: string; stack?: string } {
  if (!(thrown instanceof Error)) return { text: `it threw a ${typeof thrown}` };
  return {
    text: `${thrown.name}: ${thrown.message}`,
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
  };
}
