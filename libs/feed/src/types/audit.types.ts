/**
 * Types of the audit log, which contains the changes that operators made, and the names of the operators. All times are milliseconds since
 * 1970.
 */

/** A change that an operator makes. */
export interface AuditEntry {
  /** The name of the operator key, or the name of the user on the command line. */
  by: string;
  /** Where the change was made. */
  via: 'api' | 'command-line';
  /** The kind of change, e.g. `stream.paused`. */
  action: string;
  /** The path of the connector; absent for a change of the whole deployment. */
  connector?: string;
  /** The tenant of the connector; absent for the default tenant. */
  tenant?: string;
  details: Readonly<Record<string, string | number | boolean | null>>;
}

/** The person who changes a connector, and the path of this connector. */
export type OperatorAuthor = Omit<AuditEntry, 'action' | 'details' | 'connector'> & { connector: string };

/** An audit event as the store contains it. */
export interface AuditEvent extends AuditEntry {
  /** The number of the event, from 1 and without gaps. */
  seq: number;
  at: number;
}
