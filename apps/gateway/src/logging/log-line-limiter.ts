/**
 * Limits the log lines that requests can cause. Without a limit, a client without a key could fill the disk with failing requests: 38 000
 * requests wrote 6.6 MB. The first lines of each group are written completely. Further lines of the same minute are counted, and one line
 * summarizes them.
 */
import { systemClock, type Clock } from '@tributary/sync';
import type { Logger, LogLevel } from './logger.js';

const PERIOD_MS = 60_000;
/** The maximum number of lines of one group that are written in each period. Further lines are only counted. */
const MAX_LINES_PER_PERIOD = 20;
/** The maximum number of client addresses that are counted separately in one period of a group. */
const MAX_COUNTED_CLIENTS = 1_000;

/**
 * A group of lines that are counted together. For clients without a valid key, the number of possible groups must be limited, e.g. to one
 * group for each status.
 */
export interface LogLineGroup {
  /** The message that the lines have in common. */
  of: string;
  level: Exclude<LogLevel, 'silent'>;
  status?: number;
  /** The path of the connector. It is set only for requests with a valid key of this connector. */
  connector?: string;
}

interface GroupCount {
  group: LogLineGroup;
  lines: number;
  leftOut: number;
  leftOutByClient: Map<string, number>;
  cancelTimer: () => void;
}

export class LogLineLimiter {
  private readonly counts = new Map<string, GroupCount>();

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Counts a line.
   * @param client IP address of the client that caused the line
   * @returns true if the caller must write the line; false if the line is only counted for the summary
   */
  admit(group: LogLineGroup, client: string): boolean {
    const key = `${group.of} ${group.level} ${group.status ?? ''} ${group.connector ?? ''}`;
    const count = this.counts.get(key) ?? this.startPeriod(key, group);
    if (count.lines < MAX_LINES_PER_PERIOD) {
      count.lines++;
      return true;
    }
    count.leftOut++;
    const { leftOutByClient } = count;
    if (leftOutByClient.has(client) || leftOutByClient.size < MAX_COUNTED_CLIENTS)
      leftOutByClient.set(client, (leftOutByClient.get(client) ?? 0) + 1);
    return false;
  }

  /** Writes the summaries of the periods that have not ended. */
  stop(): void {
    for (const [key, { cancelTimer }] of this.counts) {
      cancelTimer();
      this.endPeriod(key);
    }
  }

  private startPeriod(key: string, group: LogLineGroup): GroupCount {
    const cancelTimer = this.clock.after(PERIOD_MS, () => this.endPeriod(key));
    const count = { group, lines: 0, leftOut: 0, leftOutByClient: new Map<string, number>(), cancelTimer };
    this.counts.set(key, count);
    return count;
  }

  private endPeriod(key: string): void {
    const count = this.counts.get(key);
    this.counts.delete(key);
    if (count === undefined || count.leftOut === 0) return;
    const { group, leftOut, leftOutByClient } = count;
    const { level, ...fields } = group;
    const [client] = [...leftOutByClient].reduce((most, next) => (next[1] > most[1] ? next : most));
    this.logger[level](
      { ...fields, leftOut, clients: leftOutByClient.size, client },
      'more lines of this kind were left out in the last minute',
    );
  }
}
