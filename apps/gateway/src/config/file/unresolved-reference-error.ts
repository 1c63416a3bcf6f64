/** Thrown when a reference cannot be resolved. The message is for people and contains no secret value. */
export class UnresolvedReferenceError extends Error {
  override readonly name = 'UnresolvedReferenceError';
}
