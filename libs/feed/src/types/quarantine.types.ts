/** Type of an entry of the quarantine. */
import type { Stream } from '@tributary/connector-api';

export interface QuarantineEntry {
  connector: string;
  stream: Stream;
  /** `refusal`: a rejected record. `finding`: a data warning. The words are stored, so they cannot change. */
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
  raw?: string;
  /** When the entry first appeared, in milliseconds since 1970. */
  since: number;
  /** When the PSP last sent the record. */
  seenAt?: number;
}
