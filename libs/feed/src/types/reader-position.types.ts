/** Where readers are in the feeds. A reader is one API key. All times are milliseconds since 1970. */

/** Name of the reader under which requests without a valid key are counted. No id of an API key is equal to it. */
export const UNAUTHORIZED_READER = 'unauthorized';

/** Requests of one reader for one stream since the last record. */
export interface ReaderRequests {
  connector: string;
  reader: string;
  stream: string;
  /** Time of the last request. */
  requestedAt: number;
  /** The filter of the last request: the reader asked for rows from this feed time on. */
  fromMs?: number;
  /** Rows after the filter that the reader has after the last request; absent if no page was served. */
  rowsRead?: number;
  /** Time between the last two polls, i.e. requests of the first page. */
  intervalMs?: number;
  /** Number of requests. */
  count: number;
}

/** Where a reader is in a stream, as of its last request. */
export interface ReaderPosition {
  connector: string;
  reader: string;
  stream: string;
  requestedAt: number;
  fromMs?: number;
  /** Rows of the feed that the reader does not have at this moment; absent if it never got a page. */
  rowsBehind?: number;
  intervalMs?: number;
  /** Number of requests since the store was created. */
  requests: number;
}
