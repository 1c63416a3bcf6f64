/** Shows the kind of a quarantine entry in words. */
import type { QuarantineEntry } from '../api/operator-api.types';
import { Status } from './values';

export function QuarantineKind({ kind }: Pick<QuarantineEntry, 'kind'>) {
  return kind === 'rejected-record' ? (
    <Status tone="bad">rejected, not served</Status>
  ) : (
    <Status tone="warning">warning</Status>
  );
}
