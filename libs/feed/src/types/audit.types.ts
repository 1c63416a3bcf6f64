/** Types of the audit log: the changes that operators made, and the operators' names. All times are milliseconds since 1970. */

/** A change that an operator makes. */
export interface AuditEntry {
  /** Name of the operator key, or name of the user on the command line. */
  by: string;
  /** Where the change was made. */
  via: 'api' | 'command-line';
  /** What was done, e.g. `stream.paused`. */
  action: string;
  /** Path of the connector; absent for a change of the whole deployment. */
  connector?: string;
  /** The tenant of the connector; absent for the default tenant. */
  tenant?: string;
  details: Readonly<Record<string, string | number | boolean | null>>;
}

/** The author of a change to a connector. */
export type OperatorAuthor = Omit<AuditEntry, 'action' | 'details' | 'connector'> & { connector: string };

/** A stored audit event. */
export interface AuditEvent extends AuditEntry {
  /** Sequence number, from 1 and without gaps. */
  seq: number;
  at: number;
}
