/**
 * Creates random numbers for feeds. After a restore, a sequence of the database continues at an earlier number. It then gives the number of a
 * lost feed to a new feed, which can belong to another tenant. A random number belongs to one feed in every state of the store. So a page that
 * is found by this number has rows of this feed only.
 */
import { randomInt } from 'node:crypto';

/** Smaller numbers were given by a sequence: by an earlier version of this program, or by SQLite before the store was copied. */
export const MIN_UNIQUE_FEED_ID = 2 ** 40;
/** The number of random bits. `randomInt` allows at most 48, and a JavaScript number represents the sum exactly. */
const RANDOM_BITS = 48;

/** Returns a new random number for a feed. */
export function createUniqueFeedId(): number {
  return MIN_UNIQUE_FEED_ID + randomInt(2 ** RANDOM_BITS - 1);
}

/** Returns true if the number of a feed belongs to no other feed in any state of the store. */
export function isUniqueFeedId(id: number): boolean {
  return id >= MIN_UNIQUE_FEED_ID;
}
