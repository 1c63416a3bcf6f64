/** Type of a recorded sync run. */
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
  /** Error message; absent when the run caught up. */
  error?: string;
}
