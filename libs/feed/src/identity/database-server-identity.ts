/** The identity of the database server, and of the database, that contains a store. Only PostgreSQL has such an identity. */

export interface DatabaseServerIdentity {
  /**
   * PostgreSQL's system identifier and the id of the database: `7429…/16384`. Restoring a dump into another database changes this value.
   */
  database: string;
  /** The timeline of the server. It increases with each promotion of a replica and each point-in-time recovery. */
  timeline: number;
}

/**
 * Describes the difference between two identities.
 * @returns `undefined` when the identities are equal
 */
export function describeServerChange(
  expected: DatabaseServerIdentity,
  found: DatabaseServerIdentity,
): string | undefined {
  if (expected.database !== found.database)
    return `the database is ${found.database} (system identifier/database), expected ${expected.database}: another server, or a restored or copied database`;
  if (expected.timeline !== found.timeline)
    return `the server is on timeline ${found.timeline}, expected ${expected.timeline}: a replica was promoted, or the server was recovered to an earlier point in time`;
  return undefined;
}
