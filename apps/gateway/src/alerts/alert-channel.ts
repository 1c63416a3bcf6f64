/** Channels that send alerts to people: a signed webhook, an incoming webhook of Slack or a compatible service, and e-mail. */
import { formatTime } from '@tributary/connector-api';
import { createHmac } from 'node:crypto';
import { toAlertId, type AlertNotice } from './alert.types.js';
import { sendEmail, type EmailChannelConfig } from './send-email.js';

const TIMEOUT_MS = 10_000;

/** The settings of an alert channel in the deployment file. */
export type AlertChannelConfig = WebhookChannelConfig | SlackChannelConfig | EmailChannelConfig;

export interface WebhookChannelConfig {
  kind: 'webhook';
  name: string;
  url: string;
  /** The key with which the body of each message is signed. */
  secret: string;
}

export interface SlackChannelConfig {
  kind: 'slack';
  name: string;
  /** The URL of the incoming webhook. It contains a secret. */
  url: string;
}

/**
 * Sends notices to a channel. If the gateway stops before it has stored that a notice was sent, the notice is sent again.
 * @param deployment name of the deployment, if it has one
 * @param now milliseconds since 1970
 * @throws Error when a notice could not be sent. The message does not contain the URL, because the URL can contain a secret
 */
export async function sendNotices(
  channel: AlertChannelConfig,
  notices: readonly AlertNotice[],
  deployment: string | undefined,
  now: number,
): Promise<void> {
  switch (channel.kind) {
    case 'webhook': {
      const body = JSON.stringify({
        ...(deployment !== undefined && { deployment }),
        at: formatTime(now),
        alerts: notices.map(({ state, alert: { fingerprint: _, ...alert } }) => ({
          ...{ id: toAlertId({ ...alert, fingerprint: '' }), state, ...alert },
        })),
      });
      return post(channel, body, { 'tributary-signature': signBody(channel.secret, body, now) });
    }
    case 'slack':
      return post(channel, JSON.stringify({ text: formatSlackText(notices, deployment) }), {});
    case 'email':
      return sendEmail(channel, formatSubject(notices, deployment), formatLines(notices).join('\n'));
  }
}

/**
 * Returns the signature of a body: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hexadecimal digits>`. Because of the time,
 * the receiver can reject an old request.
 */
export function signBody(secret: string, body: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

const STATE_WORDS = { raised: 'New', changed: 'Changed', resolved: 'Resolved' } as const;

function formatSlackText(notices: readonly AlertNotice[], deployment: string | undefined): string {
  const lines = formatLines(notices).map((line) => `• ${escapeSlackText(line)}`);
  return [`*${escapeSlackText(formatSender(deployment))}*`, ...lines].join('\n');
}

/** Returns the subject of an e-mail: the text of a single notice, or the number of notices. */
function formatSubject(notices: readonly AlertNotice[], deployment: string | undefined): string {
  const [line = ''] = formatLines(notices);
  return `${formatSender(deployment)}: ${notices.length === 1 ? line : `${notices.length} alerts`}`;
}

function formatSender(deployment: string | undefined): string {
  return deployment === undefined ? 'Tributary' : `Tributary ${deployment}`;
}

function formatLines(notices: readonly AlertNotice[]): string[] {
  return notices.map(({ state, alert }) => `${STATE_WORDS[state]}: ${alert.text}`);
}

/** Escapes the three characters that control links and mentions in a message. Source: api.slack.com, "Formatting text for app surfaces". */
function escapeSlackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function post(
  { name, url }: WebhookChannelConfig | SlackChannelConfig,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  let status: number;
  try {
    const response = await fetch(url, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } },
      ...{ redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) },
    });
    status = response.status;
    await response.body?.cancel();
  } catch (error) {
    throw new Error(`the channel ${name} did not answer: ${describeFailure(error)}`);
  }
  if (status < 200 || status > 299) throw new Error(`the channel ${name} answered ${status}; expected 2xx`);
}

/** Returns the code or the kind of a failure. The messages of `fetch` are not used, because they can contain the URL. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return 'the request failed';
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : cause.name;
}
