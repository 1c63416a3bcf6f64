/** Logs a rejected record or a data warning once, when it is new. If later pulls return it again, it is not logged again. */
import type { Stream } from '@tributary/connector-api';
import type { FeedPage, Store } from '@tributary/feed';
import type { SyncContext } from '../sync-context.js';

/**
 * The maximum number of log lines for the issues of one pull. Further issues are stored in the quarantine, and the log line of the pull
 * only counts them.
 */
const MAX_LOG_LINES = 20;
/** The maximum number of quarantine entries that are read for a connector. */
export const MAX_QUARANTINE_ENTRIES_READ = 1_000;

/** Matches the position of an item in a list, e.g. `[3]`. */
const POSITION_PATTERN = /\[\d+\]/g;

interface Issue {
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
}

/** Finds and logs the issues of one pull that are new. */
export class NewIssueLogger {
  private knownIssues: Set<string> | undefined;
  private lineCount = 0;

  constructor(
    private readonly store: Store,
    private readonly streamLabels: { connector: string; stream: Stream },
    private readonly context: SyncContext,
  ) {}

  /**
   * Finds the new issues of a page. The method must be called before the page is appended.
   * @returns the issues that are not in the quarantine yet
   */
  async findNewIssues(page: FeedPage): Promise<Issue[]> {
    const issues = [
      ...page.rejected.map(({ id, reason }): Issue => ({ kind: 'refusal', id, reason })),
      ...page.warnings.map(({ id, message }): Issue => ({ kind: 'finding', id, reason: message })),
    ];
    if (issues.length === 0) return [];
    const knownIssues = (this.knownIssues ??= await this.readUnresolved());
    return issues.filter((issue) => {
      const isNew = !knownIssues.has(issueKey(issue));
      knownIssues.add(issueKey(issue));
      return isNew;
    });
  }

  logIssues(issues: readonly Issue[]): void {
    for (const { kind, id, reason } of issues) {
      if (this.lineCount++ === MAX_LOG_LINES) {
        this.context.logger.warn(this.streamLabels, 'more refusals and findings: see the quarantine');
      }
      if (this.lineCount > MAX_LOG_LINES) return;
      const verb = kind === 'refusal' ? 'refused' : 'found';
      this.context.logger.warn({ ...this.streamLabels, kind, id }, `${verb} ${id}: ${reason}`);
    }
  }

  private async readUnresolved(): Promise<Set<string>> {
    const entries = await this.store.listQuarantine(this.streamLabels.connector, MAX_QUARANTINE_ENTRIES_READ);
    return new Set(entries.filter(({ stream }) => stream === this.streamLabels.stream).map(issueKey));
  }
}

/**
 * Returns a key that identifies an issue. A reason can contain the position of a row in its page (`rows[3].amount`). This position changes
 * when other rows appear before the row, so the key does not contain it.
 */
function issueKey({ kind, id, reason }: Issue): string {
  return `${kind} ${id} ${reason.replace(POSITION_PATTERN, '[]')}`;
}
