/** Compares the events of the audit log with their hashes, for `tributary store check`. */
import { verifyAuditEvents } from '@tributary/feed';
import { pluralize, type Terminal } from '../shared/terminal.js';

/**
 * Compares all events of the audit log with their hashes, and prints the result if they are unchanged.
 * @returns a description of the problem if an event was changed or is missing
 */
export async function verifyAuditLog(from: string, terminal: Terminal): Promise<string | undefined> {
  const { events, firstChanged } = await verifyAuditEvents(from);
  if (firstChanged !== undefined)
    return `Event ${firstChanged} of the audit log was changed or is missing. Compare the log with a backup, and find out who can write to the database.`;
  terminal.out(
    `${pluralize(events, 'event')} of the audit log compared with their hashes: none was changed.`,
  );
  return undefined;
}
