import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import type { UnlinkedRow } from './link-rows.js';

/**
 * Links the two rows of each conversion: each row gets the id of the other row in the metadata `com.tributary.spec/related_id`. It is for a
 * PSP that lists them as two transactions with the same reference.
 * @param referenceKey the metadata key with the common reference
 */
export function linkConversions(rows: readonly UnlinkedRow[], referenceKey: string): UnlinkedRow[] {
  const isConversion = ({ row }: UnlinkedRow) =>
    row.metadata?.[`${COMMON_METADATA_PREFIX}movement`] === 'conversion' &&
    row.metadata[referenceKey] !== undefined;
  const byReference = Map.groupBy(rows.filter(isConversion), ({ row }) => row.metadata?.[referenceKey]);
  return rows.map((unlinked) => {
    const { row } = unlinked;
    const [other, ...more] = (byReference.get(row.metadata?.[referenceKey]) ?? []).filter(
      (one) => one.row !== row,
    );
    if (!isConversion(unlinked) || other === undefined || more.length > 0) return unlinked;
    const related = { [`${COMMON_METADATA_PREFIX}related_id`]: other.preferredId ?? other.row.id };
    return { ...unlinked, row: { ...row, metadata: { ...row.metadata, ...related } } };
  });
}
