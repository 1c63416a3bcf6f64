/** Logs rejected records and data warnings once, when they are new. They are not logged again when later pulls return them. */
import type { Stream } from '@tributary/connector-api';
import type { FeedPage, Store } from '@tributary/feed';
import type { SyncContext } from './context.js';

/** Maximum number of log lines per pull. Further issues are counted in the pull's own log line and stored in the quarantine. */
const MOST_LINES = 20;
/** Maximum number of quarantine entries that are read for a connector. */
export const MOST_ENTRIES = 1_000;

interface Trouble {
  kind: 'refusal' | 'finding';
  id: string;
  reason: string;
}

/** Finds and logs the new issues of one pull. */
export class Troubles {
  private known: Set<string> | undefined;
  private lines = 0;

  constructor(
    private readonly store: Store,
    private readonly of: { connector: string; stream: Stream },
    private readonly context: SyncContext,
  ) {}

  /**
   * Finds the new issues of a page. It must be called before the page is appended.
   * @returns issues that are not in the quarantine
   */
  async fresh(page: FeedPage): Promise<Trouble[]> {
    const troubles = [
      ...page.refused.map(({ id, refused }): Trouble => ({ kind: 'refusal', id, reason: refused })),
      ...page.findings.map(({ id, found }): Trouble => ({ kind: 'finding', id, reason: found })),
    ];
    if (troubles.length === 0) return [];
    const known = (this.known ??= await this.open());
    return troubles.filter((trouble) => {
      const isNew = !known.has(key(trouble));
      known.add(key(trouble));
      return isNew;
    });
  }

  report(troubles: readonly Trouble[]): void {
    for (const { kind, id, reason } of troubles) {
      if (this.lines++ === MOST_LINES) {
        this.context.logger.warn(this.of, 'more refusals and findings: see the quarantine');
      }
      if (this.lines > MOST_LINES) return;
      const what = kind === 'refusal' ? 'refused' : 'found';
      this.context.logger.warn({ ...this.of, kind, id }, `${what} ${id}: ${reason}`);
    }
  }

  private async open(): Promise<Set<string>> {
    const entries = await this.store.quarantine(this.of.connector, MOST_ENTRIES);
    return new Set(entries.filter(({ stream }) => stream === this.of.stream).map(key));
  }
}

function key({ kind, id, reason }: Trouble): string {
  return `${kind} ${id} ${reason}`;
}
