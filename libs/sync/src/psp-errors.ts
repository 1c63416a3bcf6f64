/** Whatever a plugin throws becomes one of the five kinds of `PspError`, with a message without secrets. */
import { PspError, RefusedError } from '@tributary/connector-api';
import type { PspErrorKind } from '@tributary/connector-api';
import type { Redact } from './redaction.js';

const LONGEST_MESSAGE = 2_000;

/**
 * @param where connector and call, for the message: `house-bank transactions`
 * @returns the `cause` of a defect in the plugin is its stack, as text without secrets.
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

/** A listing moves no money, so it has no outcome that could be unknown. */
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
