/** The types of an alert. An alert is a state that an operator must examine, and it exists as long as its cause exists. */

export const ALERT_KINDS = [
  /** The newest run of a reconciliation has open breaks, or its data is incomplete. */
  'reconciliation-verdict',
  /** A stream was not completely read for a long time. */
  'stream-late',
  /** It is unknown whether the money of an order has left the account. */
  'order-unknown',
  /** The rows of an account do not explain its balance. */
  'completeness-gap',
  /** Records were rejected, or the data of a PSP is inconsistent. */
  'quarantine-growth',
  /** Formance has paused a schedule of a connector, so it does not read new data of the connector. */
  'formance-schedule-paused',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  kind: AlertKind;
  /** The path of the connector or the name of the policy. Some kinds have further parts: `house-bank main EUR/2`. */
  subject: string;
  /** A sentence for people, without secrets and without data of payments. */
  text: string;
  /** A text that stays the same while nothing changes. When it changes, the alert is sent to the channels again. */
  fingerprint: string;
}

/** The content of one message to a channel. */
export interface AlertNotice {
  state: 'raised' | 'changed' | 'resolved';
  alert: Alert;
}

export function toAlertId({ kind, subject }: Alert): string {
  return `${kind} ${subject}`;
}
