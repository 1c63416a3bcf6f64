/** Converts any value that a plugin throws to a `PspError`. Secrets are removed from its message. */
import { PspError, InvalidRecordError } from '@tributary/connector-api';
import type { PspErrorKind } from '@tributary/connector-api';
import type { Redactor } from '../secret-redactor.js';

const MAX_MESSAGE_LENGTH = 2_000;

/**
 * Converts a thrown value to a `PspError`. Secrets are removed from the message, and its length is limited.
 * @param callLabel connector and call, for the message, e.g. `house-bank transactions`
 * @returns an error. If the plugin threw an unexpected error, `details.cause` contains its stack without secrets
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

/** Replaces the kind `unknown-outcome` by another kind. A listing moves no money, so it has no outcome that could be unknown. */
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
