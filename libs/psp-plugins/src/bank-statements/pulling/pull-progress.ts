/** The progress of a stream, which is stored in its cursor: the fingerprints of finished files, and the position in the current file. */
import { PspError } from '@tributary/connector-api';
import type { Cursor } from '@tributary/connector-api';
import { StatementChains } from '../chain/statement-chain.js';
import type { StoredChains } from '../chain/statement-chain.js';
import { ServedDays } from '../matching/served-days.js';
import type { StoredServedDays } from '../matching/served-days.js';

/** The length of a file fingerprint in characters. With 8 characters, the cursor for 10 000 files has 80 kB. */
export const FINGERPRINT_LENGTH = 8;

/** The newest balance of each account, by asset: the amount in minor units, and the time in ms since 1970. */
export type NewestBalances = Record<string, Record<string, [amount: string, at: number]>>;

/** The position in the file that is being read. It is part of the cursor. */
export interface CurrentFile {
  file: string;
  /** The number of entries that were served so far. `refused` is the number of rejected entries among them. */
  entries: number;
  refused: number;
  /**
   * The number of bytes that were checked so far. Present while the file is being checked. During a long check, it makes each cursor
   * different from the cursor before.
   */
  checkedBytes?: number;
  /** The number of records of the next entry that were already served. A batch may have more records than fit on a page. */
  records?: number;
  /** The days that were served before this file, by account. It is used only by the stream of transactions. */
  daysBefore?: StoredServedDays;
}

export class PullProgress {
  readonly finishedFiles: Set<string>;
  current: CurrentFile | undefined;
  /** The rejections, by file name. The value is 0 for a rejected file. Otherwise it is the number of rejected entries in the file. */
  readonly rejectedCounts: Map<string, number>;
  /** The statements whose balances do not match their entries. The value is the difference: `-0.01 EUR`. */
  readonly unbalanced: Map<string, string>;
  /** The ids of announced movements with an open warning (see `UnmatchedAnnouncements`). */
  readonly unmatchedIds: Set<string>;
  readonly balances: NewestBalances;
  /** The statements of each account, by which missing statements are found. They are used only by the stream of transactions. */
  readonly chains: StatementChains;
  /** The days for which the feed may contain movements. They are used only by the stream of transactions. */
  readonly servedDays: ServedDays;
  /** The finished files that were refused as a whole. */
  private readonly refusedFiles: Set<string>;
  /** A digest of the CSV mappings with which the refused files were read. It is empty if there were no mappings. */
  private csvMappings: string;

  private constructor(saved: SavedProgress) {
    this.finishedFiles = new Set(saved.done.match(/.{8}/g));
    this.current = saved.current;
    this.rejectedCounts = new Map(saved.refused);
    this.unbalanced = new Map(saved.broken);
    this.unmatchedIds = new Set(saved.unmatched);
    this.balances = saved.balances ?? {};
    this.chains = new StatementChains(saved.chains ?? {});
    this.servedDays = new ServedDays(saved.days);
    this.refusedFiles = new Set(saved.refusedFiles?.match(/.{8}/g));
    this.csvMappings = saved.csvMappings ?? '';
  }

  /**
   * Parses a cursor.
   * @throws PspError if the cursor was not written by this plugin
   */
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
      ...(this.unmatchedIds.size > 0 && { unmatched: [...this.unmatchedIds] }),
      ...(Object.keys(this.balances).length > 0 && { balances: this.balances }),
      ...(Object.keys(this.chains.stored).length > 0 && { chains: this.chains.stored }),
      ...(this.servedDays.stored && { days: this.servedDays.stored }),
      ...(this.refusedFiles.size > 0 && { refusedFiles: [...this.refusedFiles].join('') }),
      ...(this.csvMappings !== '' && { csvMappings: this.csvMappings }),
    };
    return JSON.stringify(saved);
  }

  finishFile(file: string): void {
    this.finishedFiles.add(file);
    this.current = undefined;
  }

  /** Records that a file was refused as a whole. It is read again when it changes, or when the CSV mappings change. */
  refuseFile(file: string): void {
    this.finishFile(file);
    this.refusedFiles.add(file);
  }

  /**
   * Stores the digest of the CSV mappings. If it differs from the stored one, the refused files are read again, because they may fit now.
   * Files that were read before are not read again, because other columns would make other entries of the same rows.
   */
  setCsvMappings(digest: string): void {
    if (digest === this.csvMappings) return;
    this.csvMappings = digest;
    for (const file of this.refusedFiles) this.finishedFiles.delete(file);
    this.refusedFiles.clear();
  }

  /** Removes files that no longer exist. If a removed file returns later, its statements are recognised by their content. */
  removeMissing(present: ReadonlySet<string>): void {
    for (const file of this.finishedFiles) if (!present.has(file)) this.finishedFiles.delete(file);
    for (const file of this.refusedFiles) if (!present.has(file)) this.refusedFiles.delete(file);
    if (this.current && !present.has(this.current.file)) this.current = undefined;
  }
}

interface SavedProgress {
  version: 1;
  done: string;
  current?: CurrentFile;
  refused?: [string, number][];
  broken?: [string, string][];
  unmatched?: string[];
  balances?: NewestBalances;
  chains?: StoredChains;
  days?: StoredServedDays;
  refusedFiles?: string;
  csvMappings?: string;
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
