/**
 * Decides which versions of records become rows now, and which wait for their original. A client that reads a refund before its original makes
 * a payment of the refund, and then ignores the amount of the original. So a row that names an original comes after it. If the original does
 * not come in time, the row is served without the reference ("alone"); if it comes later, the row is served again with the reference.
 */
import { unlinkContent, type SerializedRecord } from '@tributary/connector-api';
import { hashContent } from './verify-row.js';

/**
 * The `originalId` of a held row that waits for no original any more. Either a newer version of its record became a row, or the connector was
 * reset to another account; then the next complete pull serves the row alone.
 */
export const NO_ORIGINAL = '';

/** A version of a record that waits for its original, or was served alone. */
export interface HeldRow {
  /** `undefined` for a version that is not in the store yet. */
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
  /** New versions to store as held rows. */
  held: Set<HeldRow>;
  /** Positions of held rows whose original came. */
  releasedPositions: number[];
  /** Positions of held rows that are served alone now. */
  servedAlonePositions: number[];
  /** Positions of held rows that a newer version of their record replaced. They are kept, so that a repeated listing does not serve them. */
  replacedPositions: number[];
  /** Whether rows that were served alone have their original now, or were replaced. */
  hasCorrections: boolean;
  /**
   * The new versions, also those that wait: their money has moved, so they count in the sums of accounts. A version that was held before is
   * not counted again.
   */
  counted: { records: SerializedRecord[]; changedIds: Set<string>; heldContents: Map<string, string[]> };
  /** Number of records that are new, changed and unchanged. Held records count when they arrive. */
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
  /** Held rows by the id of their original, in the sequence in which they arrived. */
  private readonly waiting = new Map<string, HeldRow[]>();
  /** The same rows, by record id. A row that was released or replaced is not among them any more. */
  private readonly openRows = new Map<string, Set<HeldRow>>();
  /** Hashes of the held versions, by record id. */
  private readonly heldHashes = new Map<string, Set<string>>();
  private readonly servedAloneIds = new Set<string>();

  /**
   * @param rowHashes hashes of the rows that the feed has, by record id, for the records and their originals; those of new rows are added
   * @param heldRows from the store, in the sequence of their positions
   */
  constructor(
    private readonly rowHashes: Map<string, Set<string>>,
    heldRows: readonly HeldRow[],
  ) {
    for (const row of heldRows) {
      if (row.record.originalId === NO_ORIGINAL) {
        this.keepWithoutOriginal(row);
        continue;
      }
      this.keep(row);
      const { heldContents } = this.placement.counted;
      if (!row.isServedAlone)
        heldContents.set(row.record.id, [...(heldContents.get(row.record.id) ?? []), row.record.content]);
    }
  }

  /** Places a version that a plugin or an order delivers. */
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
    // An earlier version was served with the reference before rows were held, so the payment exists already.
    if (rows !== undefined && !isServedAlone) return this.appendNewest(record, hash);
    const row: HeldRow = { record: { ...record, originalId }, hash, isServedAlone: false };
    for (const former of this.openRows.get(record.id) ?? [])
      if (former.record.originalId === NO_ORIGINAL) this.replace(former);
    this.keep(row);
    this.placement.held.add(row);
    if (isServedAlone) this.serveAlone(record.id);
  }

  /**
   * Serves a held row whose original did not come in time, if it still waits. The other waiting versions of the record are served with it,
   * in their sequence, because later versions are served at once from now on.
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
      // An appended row can release or serve the next ones.
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

  /** Appends a version that need not wait. The versions before it must not come after it, so they never become rows. */
  private appendNewest(record: SerializedRecord, hash: Buffer): void {
    for (const row of this.openRows.get(record.id) ?? []) this.replace(row);
    this.append(record, hash);
  }

  private append(record: SerializedRecord, hash: Buffer): void {
    this.placement.rows.push({ record, hash });
    addToSet(this.rowHashes, record.id, hash.toString('latin1'));
    this.release(record.id);
  }

  private appendAlone({ record }: HeldRow): void {
    const { id, pspTime, content } = record;
    const alone: SerializedRecord = { id, pspTime, content: unlinkContent(content) };
    const hash = hashContent(alone.content);
    if (!this.rowHashes.get(id)?.has(hash.toString('latin1'))) this.append(alone, hash);
  }

  /** Appends the rows that wait for a record which the feed has now. */
  private release(originalId: string): void {
    const rows = this.waiting.get(originalId) ?? [];
    this.waiting.delete(originalId);
    for (const row of rows) {
      // A row that was appended before it in this loop can have released a newer version of the record.
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

  /** Tells whether a newer version of the record, which names another original, was served alone. */
  private hasNewerRow(row: HeldRow): boolean {
    const rows = [...(this.openRows.get(row.record.id) ?? [])];
    return rows
      .slice(rows.indexOf(row) + 1)
      .some(({ isServedAlone, record }) => isServedAlone && record.originalId !== row.record.originalId);
  }

  /** Ends the wait of a version, because a newer version of its record is a row. */
  private replace(row: HeldRow): void {
    this.openRows.get(row.record.id)?.delete(row);
    if (row.record.originalId === NO_ORIGINAL) {
      // The former account delivered it, so no later listing repeats it, and its hash is not needed.
      if (row.position !== undefined) this.placement.releasedPositions.push(row.position);
      return;
    }
    this.servedAloneIds.add(row.record.id);
    this.placement.hasCorrections ||= row.isServedAlone;
    row.isServedAlone = true;
    row.record = { ...row.record, originalId: NO_ORIGINAL };
    if (row.position !== undefined) this.placement.replacedPositions.push(row.position);
  }

  private keep(row: HeldRow): void {
    const { id, originalId } = row.record;
    const rows = this.waiting.get(originalId);
    if (rows) rows.push(row);
    else this.waiting.set(originalId, [row]);
    addToSet(this.openRows, id, row);
    this.rememberHash(row);
    if (row.isServedAlone) this.servedAloneIds.add(id);
  }

  private keepWithoutOriginal(row: HeldRow): void {
    const { id } = row.record;
    if (row.isServedAlone) {
      this.rememberHash(row);
      this.servedAloneIds.add(id);
      // A row of the former account is not known by its hash: if the present account delivers the same version, that one is placed instead.
    } else addToSet(this.openRows, id, row);
  }

  private rememberHash({ record: { id }, hash }: HeldRow): void {
    addToSet(this.heldHashes, id, hash.toString('latin1'));
  }

  private isOpen(row: HeldRow): boolean {
    return this.openRows.get(row.record.id)?.has(row) ?? false;
  }
}

/** Adds a value to the set of a key. */
export function addToSet<Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}
