/** An alert: a state that an operator must examine. It exists as long as its cause exists. */

export const ALERT_KINDS = [
  /** A reconciliation has open breaks, or its data is incomplete. */
  'reconciliation-verdict',
  /** A stream has not caught up for a long time. */
  'stream-late',
  /** It is unknown whether the money of an order left. */
  'order-unknown',
  /** The rows of an account do not explain its balance. */
  'completeness-gap',
  /** Records were rejected, or the data of a PSP is inconsistent. */
  'quarantine-growth',
  /** Formance has paused a schedule of a connector, so it does not read new data. */
  'formance-schedule-paused',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface Alert {
  kind: AlertKind;
  /** Path of the connector or name of the policy, with further parts for some kinds: `house-bank main EUR/2`. */
  subject: string;
  /** A sentence for people, without secrets and without data of payments. */
  text: string;
  /** Stays the same while nothing changes. When it changes, the alert is sent to the channels again. */
  fingerprint: string;
}

/** A notice: the content of one message to a channel. */
export interface AlertNotice {
  state: 'raised' | 'changed' | 'resolved';
  alert: Alert;
}

export function toAlertId({ kind, subject }: Alert): string {
  return `${kind} ${subject}`;
}
