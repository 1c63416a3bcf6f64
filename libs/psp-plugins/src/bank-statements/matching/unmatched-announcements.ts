/**
 * Collects announced movements that may be served twice: a booked statement contains an entry with the same account, amount, day and
 * payer's or bank's reference, but other facts contradict, or the statement contains fewer such entries than were announced.
 */
import { formatAmount } from '@tributary/connector-api';
import type { DataWarning } from '@tributary/connector-api';
import { describeStatement } from '../checking/statement-check.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { ItemToMatch } from './matching-input.js';
import type { Movement } from './movement-repository.js';

/** The maximum number of open warnings that are remembered. Older warnings stay until a person dismisses them. */
const MAX_OPEN_WARNINGS = 500;

export class UnmatchedAnnouncements {
  private readonly items = new Map<string, ItemToMatch>();
  private readonly bookedIds = new Set<string>();

  /**
   * Creates the collection of one statement.
   * @param openIds the ids of movements with an open warning. The class adds and removes ids
   */
  constructor(private readonly openIds: Set<string>) {}

  /**
   * Adds a movement that was announced and not booked.
   * @param item the entry of the announcement, or the booked entry that has a reference in common with it
   */
  add(movement: Movement, item: ItemToMatch): void {
    this.items.set(movement.id, item);
  }

  /** Removes a movement, because the statement contains its entry. */
  delete({ id }: Movement): void {
    this.items.delete(id);
    if (this.openIds.has(id)) this.bookedIds.add(id);
  }

  /** Returns the warnings of the statement, and the ids of earlier warnings that are resolved. */
  finish(): { warnings: DataWarning[]; resolvedIds: string[] } {
    const resolvedIds = [...this.bookedIds].map(createWarningId);
    for (const id of this.bookedIds) this.openIds.delete(id);
    const warnings = [...this.items].map(([id, item]) => ({
      id: createWarningId(id),
      message: describeAnnouncement(id, item),
    }));
    for (const id of this.items.keys()) this.openIds.add(id);
    for (const oldest of this.openIds) {
      if (this.openIds.size <= MAX_OPEN_WARNINGS) break;
      this.openIds.delete(oldest);
    }
    return { warnings, resolvedIds };
  }
}

function createWarningId(movementId: string): string {
  return `announced:${movementId}`;
}

function describeAnnouncement(movementId: string, { entry, statement }: ItemToMatch): string {
  const { endToEndId, customerReference } = entry.references;
  const reference = endToEndId ?? customerReference ?? entry.details[0]?.references.endToEndId;
  const named = reference === undefined ? '' : ` with the reference ${reference}`;
  return (
    `${describeStatement(statement)}: ${formatAmount(toSignedMoney(entry))} ${entry.currency}${named} is announced and booked with different facts. ` +
    `The announced transaction ${movementId} is served, and no booked statement contains it: the payment may be served twice. ` +
    'Compare both with the bank. The warning disappears when a booked statement contains the announced entry'
  );
}
