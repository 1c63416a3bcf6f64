/**
 * Remembers the first report that the database was replaced or restored while this process is running. From then on every access to the
 * store fails, because the feed ids, cursors and leases in memory belong to the earlier state.
 */
import { StoreChangedError } from '../database/store-errors.js';

export class StoreChangeGuard {
  private error: StoreChangedError | undefined;
  private readonly listeners: ((error: StoreChangedError) => void)[] = [];

  /** @param store path or URL without its password */
  constructor(readonly store: string) {}

  /**
   * Checks that no change of the database was reported.
   * @throws StoreChangedError when a change was reported
   */
  assertUnchanged(): void {
    if (this.error) throw this.error;
  }

  /**
   * Reports a change of the database. Further reports are ignored.
   * @param reason what was found and what was expected
   * @throws StoreChangedError always
   */
  report(reason: string): never {
    if (!this.error) {
      this.error = new StoreChangedError(this.store, reason);
      for (const notify of this.listeners) notify(this.error);
    }
    throw this.error;
  }

  /** Calls `notify` once when a change is reported. If a change was already reported, `notify` is called at once. */
  onChange(notify: (error: StoreChangedError) => void): void {
    if (this.error) notify(this.error);
    else this.listeners.push(notify);
  }
}
