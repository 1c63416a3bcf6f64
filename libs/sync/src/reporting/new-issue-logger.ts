/** Logs a rejected record or data warning once, when it is new. It is not logged again when later pulls return it. */
import type { Stream } from '@tributary/connector-api';
import type { FeedPage, Store } from '@tributary/feed';
import type { SyncContext } from '../sync-context.js';

/** Maximum number of log lines per pull. Further issues are only counted in the pull's own log line and stored in the quarantine. */
const MAX_LOG_LINES = 20;
/** Maximum number of quarantine entries that are read for a connector. */
export const MAX_QUARANTINE_ENTRIES_READ = 1_000;

/** Matches the position of an item in a list: `[3]`. */
const POSITION_PATTERN = /\[\d+\]/g;

interface Issue {
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
}

/** Finds and logs the new issues of one pull. */
export class NewIssueLogger {
  private knownIssues: Set<string> | undefined;
  private lineCount = 0;

  constructor(
    private readonly store: Store,
    private readonly streamLabels: { connector: string; stream: Stream },
    private readonly context: SyncContext,
  ) {}

  /**
   * Finds the new issues of a page. It must be called before the page is appended.
   * @returns issues that are not in the quarantine
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
 * Returns a key that identifies an issue. A reason can contain the position of a row in its page (`rows[3].amount`), which changes when
 * other rows appear before it. The key ignores this position, because the issue is the same.
 */
function issueKey({ kind, id, reason }: Issue): string {
  return `${kind} ${id} ${reason.replace(POSITION_PATTERN, '[]')}`;
}
