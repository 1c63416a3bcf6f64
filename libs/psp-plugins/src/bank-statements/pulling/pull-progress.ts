/** The cursor of a stream: fingerprints of finished files, and the position in the current file. */
import { PspError } from '@tributary/connector-api';
import type { Cursor } from '@tributary/connector-api';
import { StatementChains } from '../chain/statement-chain.js';
import type { StoredChains } from '../chain/statement-chain.js';
import { ServedDays } from '../matching/served-days.js';
import type { StoredServedDays } from '../matching/served-days.js';

/** Length of a file fingerprint in characters. With 8 characters, the cursor of 10 000 files has 80 kB. */
export const FINGERPRINT_LENGTH = 8;

/** Newest balance of each account by asset: amount in minor units, time in ms since 1970. */
export type NewestBalances = Record<string, Record<string, [amount: string, at: number]>>;

/** Position in the file that is being read. The position is part of the cursor. */
export interface CurrentFile {
  file: string;
  /** Number of entries that were served so far, and number of entries among them that were rejected. */
  entries: number;
  refused: number;
  /**
   * Number of bytes that were checked so far. Present while the file is being checked. The number makes each page of a long check different
   * from the page before.
   */
  checkedBytes?: number;
  /** Number of records that were already served of the next entry. A batch may have more records than fit on a page. */
  records?: number;
  /** The days that were served before this file, by account. Only the stream of transactions uses it. */
  daysBefore?: StoredServedDays;
}

export class PullProgress {
  readonly finishedFiles: Set<string>;
  current: CurrentFile | undefined;
  /** Rejections by file name. The value is 0 for a rejected file, otherwise it is the number of rejected entries. */
  readonly rejectedCounts: Map<string, number>;
  /** Statements whose balances do not match their entries. The value is the difference: `-0.01 EUR`. */
  readonly unbalanced: Map<string, string>;
  readonly balances: NewestBalances;
  /** The chains of statements. Only the stream of transactions uses them. */
  readonly chains: StatementChains;
  /** The days for which the feed may have movements. Only the stream of transactions uses them. */
  readonly servedDays: ServedDays;

  private constructor(saved: SavedProgress) {
    this.finishedFiles = new Set(saved.done.match(/.{8}/g));
    this.current = saved.current;
    this.rejectedCounts = new Map(saved.refused);
    this.unbalanced = new Map(saved.broken);
    this.balances = saved.balances ?? {};
    this.chains = new StatementChains(saved.chains ?? {});
    this.servedDays = new ServedDays(saved.days);
  }

  /** @throws PspError when this plugin did not write the cursor */
  static parse(cursor: Cursor | undefined): PullProgress {
    if (cursor === undefined) return new PullProgress({ version: 1, done: '', days: {} });
    let saved: unknown;
    try {
      saved = JSON.parse(cursor);
    } catch {
      saved = undefined;
    }
    if (isSavedProgress(saved)) return new PullProgress(saved);
    throw new PspError(
      'rejected',
      `the stored position ${JSON.stringify(cursor.slice(0, 40))} was not written by bank-statements, version 1`,
    );
  }

  serialize(): Cursor {
    const saved: SavedProgress = {
      version: 1,
      done: [...this.finishedFiles].join(''),
      ...(this.current && { current: this.current }),
      ...(this.rejectedCounts.size > 0 && { refused: [...this.rejectedCounts] }),
      ...(this.unbalanced.size > 0 && { broken: [...this.unbalanced] }),
      ...(Object.keys(this.balances).length > 0 && { balances: this.balances }),
      ...(Object.keys(this.chains.stored).length > 0 && { chains: this.chains.stored }),
      ...(this.servedDays.stored && { days: this.servedDays.stored }),
    };
    return JSON.stringify(saved);
  }

  finishFile(file: string): void {
    this.finishedFiles.add(file);
    this.current = undefined;
  }

  /** Removes files that no longer exist. If a removed file returns, its statements are recognised by their content. */
  removeMissing(present: ReadonlySet<string>): void {
    for (const file of this.finishedFiles) if (!present.has(file)) this.finishedFiles.delete(file);
    if (this.current && !present.has(this.current.file)) this.current = undefined;
  }
}

interface SavedProgress {
  version: 1;
  done: string;
  current?: CurrentFile;
  refused?: [string, number][];
  broken?: [string, string][];
  balances?: NewestBalances;
  chains?: StoredChains;
  days?: StoredServedDays;
}

function isSavedProgress(value: unknown): value is SavedProgress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'done' in value &&
    typeof value.done === 'string'
  );
}
