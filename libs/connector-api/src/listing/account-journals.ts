/** Lists the journals of several accounts with one cursor. Each journal can only be read from its newest row to its oldest row. */
import type { ListingContext } from './listing.types.js';
import { createMergePositionCheck, mergeListings } from './merge-listings.js';
import type { MergePosition, MergeStep } from './merge-listings.js';
import { newestFirst } from './newest-first-listing.js';
import type { NewestFirstSource } from './newest-first-listing.js';
import { isNewestFirstPosition } from './newest-first-walk.js';
import type { NewestFirstPosition } from './newest-first-walk.js';

/** The journal of one account. A plugin may add properties. It finds them in `MergeStep.source`. */
export interface AccountJournal<Row> extends NewestFirstSource<Row> {
  /** The id of the account. */
  id: string;
}

/** The position in each journal, by account id. */
export type JournalsPosition = MergePosition<NewestFirstPosition>;

/** Returns true if a value of a stored cursor is a position of `listJournals`. */
export const isJournalsPosition = createMergePositionCheck(isNewestFirstPosition);

/** Yields the rows of all journals. Each journal is read with `newestFirst`, and the journals are merged with `mergeListings`. */
export function listJournals<Row, Journal extends AccountJournal<Row>>(
  journals: readonly (Journal & AccountJournal<Row>)[],
  since: JournalsPosition | undefined,
  context: ListingContext,
): AsyncGenerator<MergeStep<Row, NewestFirstPosition, Journal>> {
  const sources = journals.map((journal) => ({
    ...journal,
    list: (position: NewestFirstPosition | undefined) => newestFirst<Row>(journal, position, context),
  }));
  return mergeListings<Row, NewestFirstPosition, Journal>(sources, since);
}
