/** An alert: something that an operator has to look at. It exists as long as its cause. */

export const ALERT_KINDS = [
  /** A reconciliation has open breaks, or its data is incomplete. */
  'reconciliation-verdict',
  /** A stream has not caught up for a long time. */
  'stream-late',
  /** It is not known whether the money of an order left. */
  'order-unknown',
  /** The rows of an account do not explain its balance. */
  'completeness-gap',
  /** Records were rejected, or the data of a PSP does not add up. */
  'quarantine-growth',
  /** Formance has paused a schedule of a connector, so that it does not see new data. */
  'formance-schedule-paused',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  kind: AlertKind;
  /** Path of the connector, name of the policy, or one of them and more: `house-bank main EUR/2`. */
  subject: string;
  /** A sentence for a person, without secrets and without data of payments. */
  text: string;
  /** The same while nothing changes. A new value makes the channels say it again. */
  fingerprint: string;
}

/** One thing that a channel is told. */
export interface AlertNotice {
  state: 'raised' | 'changed' | 'resolved';
  alert: Alert;
}

export function toAlertId({ kind, subject }: Alert): string {
  return `${kind} ${subject}`;
}
