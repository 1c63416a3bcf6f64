/**
 * Sends new, changed and resolved alerts to each channel. The store contains what was sent to each channel. So an alert is not sent again
 * while nothing changes, even after a restart or by another gateway.
 */
import type { SentAlert, Store } from '@tributary/feed';
import type { Logger } from '../logging/index.js';
import { sendNotices, type AlertChannelConfig } from './alert-channel.js';
import { toAlertId, type Alert, type AlertKind, type AlertNotice } from './alert.types.js';
import { isQuiet, type QuietHours } from './quiet-hours.js';

export interface AlertDispatcherOptions {
  channels: readonly AlertChannelConfig[];
  quietHours?: QuietHours;
  /** The name of the deployment; absent if it has none. */
  deployment?: string;
  logger: Pick<Logger, 'error'>;
  /** Removes secrets from strings. */
  redact: (text: string) => string;
}

export class AlertDispatcher {
  constructor(
    private readonly store: Pick<Store, 'sentAlerts' | 'currentTime'>,
    private readonly options: AlertDispatcherOptions,
  ) {}

  /**
   * Sends the differences between the present alerts and the alerts that were sent before.
   * @param kinds the kinds of alerts that were examined. An alert of these kinds that is not in `alerts` is resolved
   * @param alerts all alerts that exist now
   * @param unknownSubjects subjects that could not be examined; their alerts stay unchanged
   */
  async dispatch(
    kinds: readonly AlertKind[],
    alerts: readonly Alert[],
    unknownSubjects: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    const { channels, quietHours, logger } = this.options;
    const now = await this.store.currentTime();
    if (quietHours && isQuiet(quietHours, now)) return;
    const isExamined = ({ kind, subject }: Alert) => kinds.includes(kind) && !unknownSubjects.has(subject);
    for (const channel of channels)
      try {
        await this.tell(channel, isExamined, alerts, now);
      } catch (error) {
        // The store does not contain these notices as sent, so the next check sends them again.
        logger.error({ channel: channel.name, err: error }, 'a channel could not be told about alerts');
      }
  }

  private async tell(
    channel: AlertChannelConfig,
    isExamined: (alert: Alert) => boolean,
    alerts: readonly Alert[],
    now: number,
  ): Promise<void> {
    const told = new Map(
      (await this.store.sentAlerts().list(channel.name)).map((sent) => [sent.alert, sent]),
    );
    const notices = alerts.flatMap((alert): AlertNotice[] => {
      const before = told.get(toAlertId(alert));
      if (before?.fingerprint === alert.fingerprint) return [];
      const redacted = { ...alert, text: this.options.redact(alert.text) };
      return [{ state: before ? 'changed' : 'raised', alert: redacted }];
    });
    const present = new Set(alerts.map(toAlertId));
    const gone = [...told.values()]
      .map(({ body }) => JSON.parse(body) as Alert)
      .filter((alert) => isExamined(alert) && !present.has(toAlertId(alert)));
    if (notices.length + gone.length === 0) return;
    const all = [...notices, ...gone.map((alert): AlertNotice => ({ state: 'resolved', alert }))];
    await sendNotices(channel, all, this.options.deployment, now);
    await this.store.sentAlerts().record(
      channel.name,
      notices.map(({ alert }) => toSentAlert(alert)),
      gone.map(toAlertId),
    );
  }
}

function toSentAlert(alert: Alert): SentAlert {
  return { alert: toAlertId(alert), fingerprint: alert.fingerprint, body: JSON.stringify(alert) };
}
