/** The integer key of a row in SQLite: the number of its feed and its sequence number in one 64-bit integer. */

/** Number of bits for the sequence number: up to 10^12 rows in a feed, and 8 million feeds in a store. */
export const SEQ_BITS = 40;
