/** Prepares rejected records and data warnings for the quarantine: it redacts secrets and limits the length of each string. */
import { InvalidRecordError } from '@tributary/connector-api';
import type { DataWarning, RejectedRecord } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { Redactor } from '../secret-redactor.js';

const MAX_ID_LENGTH = 512;
const MAX_REASON_LENGTH = 2_000;
/**
 * Maximum number of characters of a raw record. The largest records of PSPs have about 10,000 characters, so records are normally kept
 * completely.
 */
const MAX_RAW_LENGTH = 65_536;

/** Redacts and shortens a record that the plugin itself rejected. */
export function sanitizeRejectedRecord(
  { id, reason, raw }: RejectedRecord,
  redact: Redactor,
): RejectedRecord {
  return {
    id: sanitizeId(id, `${String(reason)}${String(raw)}`),
    reason: redactAndTruncate(String(reason), MAX_REASON_LENGTH, redact),
    ...(raw === undefined ? {} : { raw: redactAndTruncate(String(raw), MAX_RAW_LENGTH, redact) }),
  };
}

/** Redacts and shortens a data warning of the plugin. */
export function sanitizeWarning({ id, message }: DataWarning, redact: Redactor): DataWarning {
  return {
    id: sanitizeId(id, String(message)),
    message: redactAndTruncate(String(message), MAX_REASON_LENGTH, redact),
  };
}

/**
 * Creates a rejected record for an item of a plugin's page that is not valid.
 * @param thrown the error of the validation
 */
export function createRejectedRecord(
  item: unknown,
  thrown: unknown,
  redact: Redactor,
  idPrefix = '',
): RejectedRecord {
  const raw = serializeItem(item);
  const identified = item as { id?: unknown; accountId?: unknown } | null | undefined;
  const id = sanitizeId(identified?.id ?? identified?.accountId, raw);
  return {
    id: `${idPrefix}${id}`,
    reason: redactAndTruncate(rejectionReason(thrown), MAX_REASON_LENGTH, redact),
    raw: redactAndTruncate(raw, MAX_RAW_LENGTH, redact),
  };
}

function rejectionReason(thrown: unknown): string {
  if (thrown instanceof InvalidRecordError) return thrown.message;
  return `the record has not the form of its stream: ${thrown instanceof Error ? thrown.message : typeof thrown}`;
}

/**
 * Returns an id of limited length. An item without a usable id gets the hash of its content, so that the id stays the same in
 * later pulls.
 */
function sanitizeId(id: unknown, content: string): string {
  if (typeof id !== 'string' || id === '') return `unidentified-${hash('sha256', content).slice(0, 16)}`;
  return id.length <= MAX_ID_LENGTH ? id : `${id.slice(0, MAX_ID_LENGTH)}-${hash('sha256', id).slice(0, 16)}`;
}

function serializeItem(item: unknown): string {
  try {
    return (
      JSON.stringify(item, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ??
      String(item)
    );
  } catch {
    return `an item that cannot be written as JSON: ${typeof item}`;
  }
}

/** Redacts before it truncates, so that no part of a secret remains at the end. To save time, it reads at most four times `maxLength`. */
function redactAndTruncate(text: string, maxLength: number, redact: Redactor): string {
  const redacted = redact(text.slice(0, 4 * maxLength));
  return redacted.length <= maxLength ? redacted : `${redacted.slice(0, maxLength)}…`;
}
