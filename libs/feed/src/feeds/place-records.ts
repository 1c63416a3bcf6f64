/**
 * Decides which versions of records become rows now, and which versions are held until their original comes. The reason is the behaviour of
 * clients: if a client reads a refund before the original payment, it creates a payment from the refund and later ignores the amount of the
 * original. So a row that refers to an original must come after it. If the original does not come in time, the row is served without the
 * reference ("alone"). If the original comes later, the row is served again with the reference.
 */
import { removeOriginalReference, type SerializedRecord } from '@tributary/connector-api';
import { hashContent } from './verify-row.js';

/**
 * The `originalId` of a held row that no longer waits for an original. There are two possible reasons. Either a newer version of the record
 * became a row, or the connector was reset to another account. In the second case the next complete pull serves the row without its
 * original.
 */
export const NO_AWAITED_ORIGINAL = '';

/** A version of a record that waits for its original, or that was served without it. */
export interface HeldRow {
  /** The position of the version among the held rows; `undefined` for a version that is not stored yet. */
  position?: number;
  record: SerializedRecord & { originalId: string };
  hash: Buffer;
  isServedAlone: boolean;
}

export interface PlacedRecord {
  record: SerializedRecord;
  hash: Buffer;
}

export interface Placement {
  /** The versions that become rows, in sequence. */
  rows: PlacedRecord[];
  /** The new versions that must be stored as held rows. */
  held: Set<HeldRow>;
  /** The positions of the held rows whose original has come. */
  releasedPositions: number[];
  /** The positions of the held rows that are now served without their original. */
  servedAlonePositions: number[];
  /**
   * The positions of the held rows that were replaced by a newer version of their record. The rows are kept, so that these versions are not
   * served when a listing returns them again.
   */
  replacedPositions: number[];
  /** True if the original of a row that was served without it has come, or if such a row was replaced. */
  hasCorrections: boolean;
  /**
   * The versions that count in the sums of accounts. Held versions are included, because their money has already moved. A version that was
   * already held is not counted again.
   */
  counted: { records: SerializedRecord[]; changedIds: Set<string>; heldContents: Map<string, string[]> };
  /** The number of new, changed and unchanged records. A held record counts when it arrives. */
  added: number;
  changed: number;
  unchanged: number;
}

export class RecordPlacer {
  readonly placement: Placement = {
    ...{ rows: [], held: new Set(), releasedPositions: [], servedAlonePositions: [] },
    ...{ replacedPositions: [], hasCorrections: false },
    counted: { records: [], changedIds: new Set(), heldContents: new Map() },
    ...{ added: 0, changed: 0, unchanged: 0 },
  };
  /** The held rows by the id of their original, in the sequence in which they arrived. */
  private readonly waiting = new Map<string, HeldRow[]>();
  /** The held rows that are neither released nor replaced, by record id. */
  private readonly openRows = new Map<string, Set<HeldRow>>();
  /** The hashes of the held versions, by record id. */
  private readonly heldHashes = new Map<string, Set<string>>();
  private readonly servedAloneIds = new Set<string>();

  /**
   * @param rowHashes hashes of the rows in the feed, by record id, for the records and their originals. The object adds the hashes of new
   * rows to this map
   * @param heldRows held rows from the store, in the sequence of their positions
   */
  constructor(
    private readonly rowHashes: Map<string, Set<string>>,
    heldRows: readonly HeldRow[],
  ) {
    for (const row of heldRows) {
      if (row.record.originalId === NO_AWAITED_ORIGINAL) {
        this.keepWithoutOriginal(row);
        continue;
      }
      this.keep(row);
      const { heldContents } = this.placement.counted;
      if (!row.isServedAlone)
        heldContents.set(row.record.id, [...(heldContents.get(row.record.id) ?? []), row.record.content]);
    }
  }

  /** Decides where a version goes that a plugin or an order has delivered: into the feed, or to the held rows. */
  place(record: SerializedRecord): void {
    const hash = hashContent(record.content);
    const key = hash.toString('latin1');
    const [rows, held] = [this.rowHashes.get(record.id), this.heldHashes.get(record.id)];
    if (rows?.has(key) || held?.has(key)) {
      this.placement.unchanged++;
      return;
    }
    this.count(record, rows !== undefined || held !== undefined);
    const { originalId } = record;
    if (originalId === undefined || this.rowHashes.has(originalId)) return this.appendNewest(record, hash);
    const isServedAlone = this.servedAloneIds.has(record.id);
    // An earlier version was already served with its reference by an older release, which did not hold rows. So the client already has the
    // payment, and holding this version would not help.
    if (rows !== undefined && !isServedAlone) return this.appendNewest(record, hash);
    const row: HeldRow = { record: { ...record, originalId }, hash, isServedAlone: false };
    for (const former of this.openRows.get(record.id) ?? [])
      if (former.record.originalId === NO_AWAITED_ORIGINAL) this.replace(former);
    this.keep(row);
    this.placement.held.add(row);
    if (isServedAlone) this.serveAlone(record.id);
  }

  /**
   * Serves a held row without its original, if it still waits. The other held versions of the record are also served, in their sequence,
   * because from now on later versions are served at once.
   */
  serveOverdue({ record: { id, originalId }, position }: HeldRow): void {
    const isWaiting = [...(this.openRows.get(id) ?? [])].some(
      (row) => row.position === position && !row.isServedAlone,
    );
    if (!isWaiting) return;
    if (this.rowHashes.has(originalId)) this.release(originalId);
    else this.serveAlone(id);
  }

  private serveAlone(recordId: string): void {
    this.servedAloneIds.add(recordId);
    for (const row of [...(this.openRows.get(recordId) ?? [])]) {
      // A row that this loop appended may already have released or served this row.
      if (row.isServedAlone || !this.isOpen(row)) continue;
      row.isServedAlone = true;
      if (row.position !== undefined) this.placement.servedAlonePositions.push(row.position);
      this.appendAlone(row);
    }
  }

  private count(record: SerializedRecord, isChanged: boolean): void {
    const { counted } = this.placement;
    counted.records.push(record);
    if (isChanged) {
      this.placement.changed++;
      counted.changedIds.add(record.id);
    } else this.placement.added++;
  }

  /** Appends a version that need not wait. Older versions of the record must not come after it, so they never become rows. */
  private appendNewest(record: SerializedRecord, hash: Buffer): void {
    for (const row of this.openRows.get(record.id) ?? []) this.replace(row);
    this.append(record, hash);
  }

  private append(record: SerializedRecord, hash: Buffer): void {
    this.placement.rows.push({ record, hash });
    addToSetOfKey(this.rowHashes, record.id, hash.toString('latin1'));
    this.release(record.id);
  }

  private appendAlone({ record }: HeldRow): void {
    const { id, pspTime, content } = record;
    const alone: SerializedRecord = { id, pspTime, content: removeOriginalReference(content) };
    const hash = hashContent(alone.content);
    if (!this.rowHashes.get(id)?.has(hash.toString('latin1'))) this.append(alone, hash);
  }

  /** Appends the rows that wait for the given record, which is now in the feed. */
  private release(originalId: string): void {
    const rows = this.waiting.get(originalId) ?? [];
    this.waiting.delete(originalId);
    for (const row of rows) {
      // An earlier pass of this loop may have released a newer version of the record.
      if (!this.isOpen(row)) continue;
      if (this.hasNewerRow(row)) {
        this.replace(row);
        continue;
      }
      for (const earlier of this.openRows.get(row.record.id) ?? []) {
        if (earlier === row) break;
        this.replace(earlier);
      }
      this.openRows.get(row.record.id)?.delete(row);
      this.placement.hasCorrections ||= row.isServedAlone;
      if (row.position === undefined) this.placement.held.delete(row);
      else this.placement.releasedPositions.push(row.position);
      this.append(row.record, row.hash);
    }
  }

  /** Returns true if a newer version of the record was served without its original, and refers to another original. */
  private hasNewerRow(row: HeldRow): boolean {
    const rows = [...(this.openRows.get(row.record.id) ?? [])];
    return rows
      .slice(rows.indexOf(row) + 1)
      .some(({ isServedAlone, record }) => isServedAlone && record.originalId !== row.record.originalId);
  }

  /** Ends the wait of a version, because a newer version of its record has become a row. */
  private replace(row: HeldRow): void {
    this.openRows.get(row.record.id)?.delete(row);
    if (row.record.originalId === NO_AWAITED_ORIGINAL) {
      // The former account of the connector delivered this version. No later listing returns it, so its hash is not needed.
      if (row.position !== undefined) this.placement.releasedPositions.push(row.position);
      return;
    }
    this.servedAloneIds.add(row.record.id);
    this.placement.hasCorrections ||= row.isServedAlone;
    row.isServedAlone = true;
    row.record = { ...row.record, originalId: NO_AWAITED_ORIGINAL };
    if (row.position !== undefined) this.placement.replacedPositions.push(row.position);
  }

  private keep(row: HeldRow): void {
    const { id, originalId } = row.record;
    const rows = this.waiting.get(originalId);
    if (rows) rows.push(row);
    else this.waiting.set(originalId, [row]);
    addToSetOfKey(this.openRows, id, row);
    this.rememberHash(row);
    if (row.isServedAlone) this.servedAloneIds.add(id);
  }

  private keepWithoutOriginal(row: HeldRow): void {
    const { id } = row.record;
    if (row.isServedAlone) {
      this.rememberHash(row);
      this.servedAloneIds.add(id);
      // The hash of a row of the former account is not used. If the present account delivers the same version, the delivered version is
      // used instead.
    } else addToSetOfKey(this.openRows, id, row);
  }

  private rememberHash({ record: { id }, hash }: HeldRow): void {
    addToSetOfKey(this.heldHashes, id, hash.toString('latin1'));
  }

  private isOpen(row: HeldRow): boolean {
    return this.openRows.get(row.record.id)?.has(row) ?? false;
  }
}

/** Adds a value to the set of a key. */
export function addToSetOfKey<Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}
