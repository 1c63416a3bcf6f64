/** Prepares rejected records and data warnings for the quarantine: secrets are removed, and the length of each string is limited. */
import { InvalidRecordError } from '@tributary/connector-api';
import type { DataWarning, RejectedRecord } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { Redactor } from '../secret-redactor.js';

const MAX_ID_LENGTH = 512;
const MAX_REASON_LENGTH = 2_000;
/**
 * The maximum length of the stored content of a record, in characters. Longer content is cut. The largest records of PSPs have about 10,000
 * characters, so they are normally stored completely.
 */
const MAX_RAW_LENGTH = 65_536;

/** Removes secrets from a record that the plugin itself rejected, and shortens its strings. */
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

/** Removes secrets from a data warning of the plugin, and shortens its strings. */
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
 * Returns an id of limited length. An item without a usable id gets the hash of its content as the id, so that it has the same id in later
 * pulls.
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

/**
 * Removes secrets before the text is cut, so that no part of a secret remains at the end. To save time, only the first `4 * maxLength`
 * characters are read.
 */
function redactAndTruncate(text: string, maxLength: number, redact: Redactor): string {
  const redacted = redact(text.slice(0, 4 * maxLength));
  return redacted.length <= maxLength ? redacted : `${redacted.slice(0, maxLength)}…`;
}
