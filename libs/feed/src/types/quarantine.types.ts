/** Type of an entry of the quarantine. */
import type { Stream } from '@tributary/connector-api';

export interface QuarantineEntry {
  connector: string;
  stream: Stream;
  /** `refusal`: a rejected record. `finding`: a data warning. These words are stored in the database, so they cannot change. */
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
  raw?: string;
  /** Time at which the entry first appeared, in milliseconds since 1970. */
  since: number;
  /** Time at which the PSP last sent the record. */
  seenAt?: number;
}
