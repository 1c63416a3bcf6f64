/** The integer key of a row in SQLite. The key combines the number of the feed and the sequence number of the row in one 64-bit integer. */

/**
 * The number of bits of the key for the sequence number. With 40 bits, a feed can have 10^12 rows, and a store can have 8 million feeds.
 */
export const SEQUENCE_NUMBER_BITS = 40;

/** The largest number of a feed. A larger number would not fit into the key of its rows. */
export const MAX_FEED_ID = 2 ** (63 - SEQUENCE_NUMBER_BITS) - 1;
