/** Recognises failures that occurred before any byte of the request was sent. After such a failure, an order can safely be sent again. */

/** The system calls that Node makes before it writes any byte of the request: name resolution and the TCP connection. */
const BEFORE_SENDING = new Set(['getaddrinfo', 'queryA', 'queryAaaa', 'connect']);

/**
 * Matches the error codes for a rejected server certificate. Node sends a request only after it has accepted the certificate. Source:
 * Node's list of X.509 error codes and of TLS errors. "Socket disconnected before secure TLS connection" is not included, because a
 * connection that is lost later has the same code.
 */
const BAD_CERTIFICATE_PATTERN =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/;

/**
 * Returns true only if it is certain that no byte of the request was sent.
 * @param error an error of Axios or Node
 */
export function isCertainlyNotSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, errors, cause } = error as Partial<
    Record<'code' | 'syscall' | 'errors' | 'cause', unknown>
  >;
  // If a host has several addresses, Node tries each address and reports all failures in one AggregateError.
  if (Array.isArray(errors) && errors.length > 0) return errors.every((one) => isCertainlyNotSent(one));
  if (typeof syscall === 'string') return BEFORE_SENDING.has(syscall);
  if (typeof code === 'string' && BAD_CERTIFICATE_PATTERN.test(code)) return true;
  return isCertainlyNotSent(cause);
}
