/** Where a stream resumes: which files are done, by fingerprint, and how far the current one is. */
import { PspError } from '@tributary/connector-api';
import type { Cursor } from '@tributary/connector-api';

/** Characters of a fingerprint: 10 000 files make a cursor of 80 kB. */
export const FINGERPRINT_LENGTH = 8;

/** Newest balance of an account by asset: minor units and milliseconds since 1970. */
export type NewestBalances = Record<string, Record<string, [amount: string, at: number]>>;

/** The file being read. */
export interface CurrentFile {
  file: string;
  /** How many of its entries are served, and how many of those were refused. */
  entries: number;
  refused: number;
  /** How many records of the next entry are served: a batch may have more than a page. */
  records?: number;
}

export class Progress {
  readonly done: Set<string>;
  current: CurrentFile | undefined;
  /** Refusals by file name: 0 for the whole file, otherwise how many entries. */
  readonly refused: Map<string, number>;
  /** Statements that do not add up, and what is missing: `-0.01 EUR`. */
  readonly broken: Map<string, string>;
  readonly balances: NewestBalances;

  private constructor(saved: SavedProgress) {
    this.done = new Set(saved.done.match(/.{8}/g));
    this.current = saved.current;
    this.refused = new Map(saved.refused);
    this.broken = new Map(saved.broken);
    this.balances = saved.balances ?? {};
  }

  /** @throws PspError for a cursor that this plugin never wrote. */
  static from(cursor: Cursor | undefined): Progress {
    if (cursor === undefined) return new Progress({ version: 1, done: '' });
    let saved: unknown;
    try {
      saved = JSON.parse(cursor);
    } catch {
      saved = undefined;
    }
    if (isSaved(saved)) return new Progress(saved);
    throw new PspError(
      'rejected',
      `the stored position ${JSON.stringify(cursor.slice(0, 40))} was not written by bank-statements, version 1`,
    );
  }

  save(): Cursor {
    const saved: SavedProgress = {
      version: 1,
      done: [...this.done].join(''),
      ...(this.current && { current: this.current }),
      ...(this.refused.size > 0 && { refused: [...this.refused] }),
      ...(this.broken.size > 0 && { broken: [...this.broken] }),
      ...(Object.keys(this.balances).length > 0 && { balances: this.balances }),
    };
    return JSON.stringify(saved);
  }

  finish(file: string): void {
    this.done.add(file);
    this.current = undefined;
  }

  /** Forgets files that are gone: should one come back, its statements are recognised by their content. */
  prune(present: ReadonlySet<string>): void {
    for (const file of this.done) if (!present.has(file)) this.done.delete(file);
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
}

function isSaved(value: unknown): value is SavedProgress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'done' in value &&
    typeof value.done === 'string'
  );
}
