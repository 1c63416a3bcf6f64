/** The type of a stored sync run (the result of one pull). */
import type { Stream } from '@tributary/connector-api';

export interface SyncRun {
  connector: string;
  stream: Stream;
  /** Milliseconds since 1970. */
  startedAt: number;
  duration: number;
  pages: number;
  records: number;
  added: number;
  changed: number;
  refused: number;
  /** The error message; absent when the run read all data. */
  error?: string;
}
