/** Converts every value that a plugin throws to a `PspError` of one of the five kinds, with a redacted message. */
import { PspError, InvalidRecordError } from '@tributary/connector-api';
import type { PspErrorKind } from '@tributary/connector-api';
import type { Redactor } from '../secret-redactor.js';

const MAX_MESSAGE_LENGTH = 2_000;

/**
 * Converts a thrown value to a `PspError` with a redacted message of limited length.
 * @param callLabel connector and call, for the message, e.g. `house-bank transactions`
 * @returns an error whose `details.cause` is the redacted stack, if the plugin threw an unexpected error
 */
export function toPspError(thrown: unknown, callLabel: string, redact: Redactor): PspError {
  const redactAndTruncate = (text: string) =>
    redact(text.slice(0, 4 * MAX_MESSAGE_LENGTH)).slice(0, MAX_MESSAGE_LENGTH);
  if (thrown instanceof PspError) {
    const { retryAfterMs, status } = thrown.details;
    return new PspError(
      replaceUnknownOutcome(thrown.kind),
      `${callLabel}: ${redactAndTruncate(thrown.message)}`,
      {
        ...(Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
        ...(status === undefined ? {} : { status }),
      },
    );
  }
  if (thrown instanceof InvalidRecordError) {
    return new PspError(
      'unavailable',
      `${callLabel}: the answer cannot be served: ${redactAndTruncate(thrown.message)}`,
    );
  }
  const { text, stack } = describeThrown(thrown);
  return new PspError(
    'unavailable',
    `${callLabel}: the plugin failed unexpectedly: ${redactAndTruncate(text)}`,
    {
      ...(stack === undefined ? {} : { cause: redactAndTruncate(stack) }),
    },
  );
}

/** Replaces `unknown-outcome` by another kind, because a listing moves no money and therefore has no outcome. */
function replaceUnknownOutcome(kind: PspErrorKind): PspErrorKind {
  return kind === 'unknown-outcome' ? 'unavailable' : kind;
}

function describeThrown(thrown: unknown): { text: string; stack?: string } {
  if (!(thrown instanceof Error)) return { text: `it threw a ${typeof thrown}` };
  return {
    text: `${thrown.name}: ${thrown.message}`,
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
  };
}
