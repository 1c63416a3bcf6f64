/** Which failures are certain to have happened before a byte of the request left: only after these an order may be sent anew at once. */

/** System calls that come before any byte is written: the look-up of the name, and the connection. */
const BEFORE_SENDING = new Set(['getaddrinfo', 'queryA', 'queryAaaa', 'connect']);

/**
 * The PSP's certificate was not accepted; Node holds the request back until it is. Source: Node's list of X.509 error codes, and its TLS
 * errors. "Socket disconnected before secure TLS connection" is not here: it has the same code as a connection lost later.
 */
const BAD_CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/;

export function surelyNotSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, errors, cause } = error as Partial<
    Record<'code' | 'syscall' | 'errors' | 'cause', unknown>
  >;
  // With several addresses, Node tries each and reports them together.
  if (Array.isArray(errors) && errors.length > 0) return errors.every((one) => surelyNotSent(one));
  if (typeof syscall === 'string') return BEFORE_SENDING.has(syscall);
  if (typeof code === 'string' && BAD_CERTIFICATE.test(code)) return true;
  return surelyNotSent(cause);
}
