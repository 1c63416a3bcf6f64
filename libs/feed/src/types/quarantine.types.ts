/** The type of an entry in the quarantine. */
import type { Stream } from '@tributary/connector-api';

export interface QuarantineEntry {
  connector: string;
  stream: Stream;
  /** `refusal`: a rejected record. `finding`: a data warning. The database contains these words, so they cannot change. */
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
  raw?: string;
  /** The time at which the entry first appeared, in milliseconds since 1970. */
  since: number;
  /** The time at which the PSP last sent the record. */
  seenAt?: number;
}
