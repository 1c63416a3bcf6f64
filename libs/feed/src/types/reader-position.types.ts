/** The positions of readers in the feeds. A reader is the client of one API key. All times are milliseconds since 1970. */

/** The name under which requests without a valid key are counted. It differs from the id of every API key. */
export const UNAUTHORIZED_READER = 'unauthorized';

/** The requests of one reader for one stream that are not stored yet. */
export interface ReaderRequests {
  connector: string;
  reader: string;
  stream: string;
  /** The time of the last request. */
  requestedAt: number;
  /** The filter of the last request: the reader requested rows from this feed time on. */
  fromMs?: number;
  /** The number of rows after the filter that the reader has after the last request; absent if no page was served. */
  rowsRead?: number;
  /** The time in ms between the last two polls. A poll is a request of the first page. */
  intervalMs?: number;
  /** Number of requests. */
  count: number;
}

/** The position of a reader in a stream, as of its last request. */
export interface ReaderPosition {
  connector: string;
  reader: string;
  stream: string;
  requestedAt: number;
  fromMs?: number;
  /** The number of rows of the feed that the reader does not have yet; absent if the reader never got a page. */
  rowsBehind?: number;
  intervalMs?: number;
  /** The number of requests since the store was created. */
  requests: number;
}
