/** Sends an e-mail with alerts over SMTP. The library is only loaded when the first e-mail is sent. */

/** Timeout in ms for each step: finding the host, connecting, the greeting of the server, and each of its responses. */
const TIMEOUT_MS = 10_000;
/** Hosts of this machine. A connection to them needs no encryption. */
const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The settings of an e-mail channel in the deployment file. */
export interface EmailChannelConfig {
  kind: 'email';
  name: string;
  /** The URL of the SMTP server: `smtps://user:password@mail.example.com`. It contains a secret. */
  url: string;
  from: string;
  to: readonly string[];
}

/**
 * Sends an e-mail. The e-mail counts as sent when the server accepts it for at least one recipient.
 * @throws Error when the server does not accept the e-mail. The message contains no part of the URL and no response of the server
 */
export async function sendEmail(
  { name, url, from, to }: EmailChannelConfig,
  subject: string,
  text: string,
): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port, username, password } = new URL(url);
  const isLocal = LOCAL_HOSTS.includes(hostname);
  const isEncrypted = protocol === 'smtps:';
  const transport = createTransport({
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isEncrypted ? 465 : 587) },
    // Without `smtps`, the server must offer STARTTLS, so that neither the password nor the alerts are sent unencrypted.
    ...{ secure: isEncrypted, requireTLS: !isEncrypted && !isLocal, ignoreTLS: !isEncrypted && isLocal },
    ...(username !== '' && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
    ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS },
    ...{ socketTimeout: TIMEOUT_MS, dnsTimeout: TIMEOUT_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    await transport.sendMail({ from, to: [...to], subject, text });
  } catch (error) {
    throw new Error(`the channel ${name} did not accept the e-mail: ${describeSmtpFailure(error)}`);
  } finally {
    transport.close();
  }
}

/** Returns the code of the library, and the reply code of the server: `EAUTH 535`. The text of the reply could contain a secret. */
function describeSmtpFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed';
  const { code, responseCode } = error as NodeJS.ErrnoException & { responseCode?: unknown };
  const parts = [code, responseCode].filter((part) => typeof part === 'string' || typeof part === 'number');
  return parts.length > 0 ? parts.join(' ') : error.name;
}
