/**
 * Checks that a page from the database is JSON with the right number of rows, because rows can be altered on disk.
 *
 * Parsing a page of 100 rows takes several times as long as reading it, and a client reads each full page of a feed once. So a long page is
 * parsed only when it is requested again. If a page is not JSON, the client cannot continue after it. The client then requests the same
 * page again, and gets the error. Short pages, which clients request at every poll, are always parsed.
 */
import type { SerializedPage } from '@tributary/connector-api';

/** The maximum length, in characters, of a page that is parsed at every read. A longer page is parsed only when it is requested again. */
const MAX_ALWAYS_PARSED_LENGTH = 4_096;
/** The number of requests that one set remembers. When the set is full, a new set begins, and only these two sets are kept in memory. */
const MAX_REQUESTS = 4_096;

export class JsonPageCheck {
  private requests = new Set<string>();
  private previousRequests = new Set<string>();

  /**
   * Returns false if the page was checked and is not valid.
   * @param request identifies the request: the feed, the filter and the page
   */
  isValid(request: string, { rows, body }: SerializedPage): boolean {
    if (rows === 0) return true;
    if (body.length > MAX_ALWAYS_PARSED_LENGTH && this.isFirst(request)) return true;
    return hasRows(body, rows);
  }

  private isFirst(request: string): boolean {
    if (this.requests.has(request) || this.previousRequests.has(request)) return false;
    if (this.requests.size === MAX_REQUESTS) {
      this.previousRequests = this.requests;
      this.requests = new Set();
    }
    this.requests.add(request);
    return true;
  }
}

function hasRows(body: string | Buffer, rows: number): boolean {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return Array.isArray(parsed) && parsed.length === rows;
  } catch {
    return false;
  }
}
