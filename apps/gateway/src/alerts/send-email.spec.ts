/** Tests e-mail channels with a real SMTP server on this machine. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { sendNotices } from './alert-channel.js';
import type { AlertNotice } from './alert.types.js';

const PASSWORD = 'p@ss/word-that-must-not-show';
const NOON = Date.UTC(2026, 0, 10, 12);
const ALERT = { kind: 'order-unknown', subject: 'bank', fingerprint: '1' } as const;
const NOTICES: readonly AlertNotice[] = [
  { state: 'raised', alert: { ...ALERT, text: 'It is not known whether the money of 1 order of bank left' } },
  { state: 'resolved', alert: { ...ALERT, subject: 'ältere', text: 'Reconciliation ältere is incomplete' } },
];

let server: SMTPServer | undefined;
let received: { from: string; to: string[]; user: string | undefined; message: string }[];
beforeEach(() => {
  received = [];
});
afterEach(async () => {
  const closing = server;
  server = undefined;
  if (closing) await new Promise<void>((resolve) => closing.close(resolve));
});

/** Starts a server that accepts the user `tributary` with the password. It offers no encryption, except with `options`. */
async function startServer(options: SMTPServerOptions = {}): Promise<number> {
  const started = new SMTPServer({
    ...{ logger: false, disabledCommands: ['STARTTLS'], allowInsecureAuth: true, disableReverseLookup: true },
    onAuth({ username, password }, _session, done) {
      if (username === 'tributary' && password === PASSWORD) done(null, { user: username });
      else done(new Error(`${password} is wrong`));
    },
    onData(stream, { envelope, user }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({
          from,
          to,
          user: user as string | undefined,
          message: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server = started;
  started.on('error', () => undefined);
  const listening = once(started.server, 'listening');
  started.listen(0, '127.0.0.1');
  await listening;
  return (started.server.address() as AddressInfo).port;
}

function send(url: string, notices = NOTICES): Promise<void> {
  const to = ['finance@example.com', 'ops@example.com'];
  const channel = { kind: 'email', name: 'finance', url, from: 'tributary@example.com', to } as const;
  return sendNotices(channel, notices, 'test', NOON);
}

function createUrl(port: number, { scheme = 'smtp', password = PASSWORD, host = '127.0.0.1' } = {}): string {
  return `${scheme}://tributary:${encodeURIComponent(password)}@${host}:${port}`;
}

it('sends all notices in one e-mail to all recipients, after a login', async () => {
  await send(createUrl(await startServer()));
  expect(received).toEqual([
    {
      ...{ from: 'tributary@example.com', to: ['finance@example.com', 'ops@example.com'], user: 'tributary' },
      message: expect.stringContaining('Subject: Tributary test: 2 alerts\r\n'),
    },
  ]);
  expect(decodeQuotedPrintable(received[0]!.message)).toContain(
    'New: It is not known whether the money of 1 order of bank left\r\nResolved: Reconciliation ältere is incomplete',
  );
});

it('has the text of a single notice in its subject', async () => {
  await send(createUrl(await startServer()), NOTICES.slice(0, 1));
  expect(received[0]?.message.replaceAll('\r\n ', ' ')).toContain(
    'Subject: Tributary test: New: It is not known whether the money of 1 order of bank left\r\n',
  );
});

it('names the reply code of a rejected login, and not the password', async () => {
  const sent = send(createUrl(await startServer(), { password: 'wrong-password' }));
  await expect(sent).rejects.toThrow(/^the channel finance did not accept the e-mail: EAUTH 535$/);
  expect(received).toEqual([]);
});

it('sends nothing unencrypted to another host', async () => {
  const port = await startServer();
  // The address is another name of this machine that does not count as local.
  const sent = send(createUrl(port, { host: '[::ffff:127.0.0.1]' }));
  await expect(sent).rejects.toThrow(/^the channel finance did not accept the e-mail: ETLS/);
  expect(received).toEqual([]);
});

it('sends nothing to a server whose certificate is not trusted', async () => {
  const port = await startServer({ secure: true });
  const sent = send(createUrl(port, { scheme: 'smtps' }));
  await expect(sent).rejects.toThrow(/^the channel finance did not accept the e-mail: /);
  expect(received).toEqual([]);
});

function decodeQuotedPrintable(message: string): string {
  const bytes = message
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
