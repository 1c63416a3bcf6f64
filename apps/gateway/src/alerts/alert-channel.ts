/** Channels that send alerts to people: a signed webhook, and an incoming webhook of Slack or a compatible service. */
import { formatTime } from '@tributary/connector-api';
import { createHmac } from 'node:crypto';
import { toAlertId, type AlertNotice } from './alert.types.js';

const TIMEOUT_MS = 10_000;

/** A channel of the deployment file. */
export type AlertChannelConfig = WebhookChannelConfig | SlackChannelConfig;

export interface WebhookChannelConfig {
  kind: 'webhook';
  name: string;
  url: string;
  /** Key with which the body is signed. */
  secret: string;
}

export interface SlackChannelConfig {
  kind: 'slack';
  name: string;
  /** The URL contains a secret. */
  url: string;
}

/**
 * Sends notices to a channel. A notice can be sent twice if the gateway stops before it has stored that the notice was sent.
 * @param deployment name of the deployment, if it has one
 * @param now milliseconds since 1970
 * @throws Error without the URL, because the URL can contain a secret
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
      return post(channel, JSON.stringify({ text: formatNotices(notices, deployment) }), {});
  }
}

/** Signs a body: `t=<seconds since 1970>,v1=<HMAC-SHA256 in hex of "<t>.<body>">`. The receiver can reject an old request by its time. */
export function signBody(secret: string, body: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

const STATE_WORDS = { raised: 'New', changed: 'Changed', resolved: 'Resolved' } as const;

function formatNotices(notices: readonly AlertNotice[], deployment: string | undefined): string {
  const head = deployment === undefined ? 'Tributary' : `Tributary ${deployment}`;
  const lines = notices.map(({ state, alert }) => `• ${STATE_WORDS[state]}: ${escapeSlackText(alert.text)}`);
  return [`*${escapeSlackText(head)}*`, ...lines].join('\n');
}

/** Source: api.slack.com, "Formatting text for app surfaces": these three characters control links and mentions. */
function escapeSlackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function post(
  { name, url }: AlertChannelConfig,
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

/** Returns the code or the kind of the failure. Messages of `fetch` are not used, because they can contain the URL. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return 'the request failed';
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : cause.name;
}
