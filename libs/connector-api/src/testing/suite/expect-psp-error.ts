import { PspError } from '../../errors.js';
import type { PspErrorKind } from '../../errors.js';
import { expectThat, failCheck, CheckFailure } from './assertions.js';

/**
 * Checks that a thrown value is a `PspError` of one of these kinds.
 * @throws CheckFailure if it is not
 */
export function expectErrorKind(thrown: unknown, kinds: readonly PspErrorKind[], when: string): PspError {
  if (thrown instanceof CheckFailure) throw thrown;
  const expected = `${when}: expected a PspError "${kinds.join('" or "')}"`;
  if (!(thrown instanceof PspError)) {
    const found = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `a ${typeof thrown}`;
    failCheck(`${expected}, found ${found}`);
  }
  expectThat(kinds.includes(thrown.kind), `${expected}, found "${thrown.kind}": ${thrown.message}`);
  return thrown;
}

/**
 * Checks that a call throws a `PspError` of one of these kinds.
 * @throws CheckFailure if the call does not throw such an error
 */
export async function expectPspError(
  call: () => Promise<unknown>,
  kinds: readonly PspErrorKind[],
  when: string,
): Promise<PspError> {
  const thrown: unknown = await call().then(
    () => failCheck(`${when}: expected a PspError "${kinds.join('" or "')}", but nothing was thrown`),
    (error: unknown) => error,
  );
  return expectErrorKind(thrown, kinds, when);
}
