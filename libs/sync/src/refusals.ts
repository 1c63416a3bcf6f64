/** Prepares rejected records and data warnings for the quarantine: it redacts secrets and limits the length of each string. */
import { RefusedError } from '@tributary/connector-api';
import type { Finding, Refusal } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { Redact } from './redaction.js';

const LONGEST_ID = 512;
const LONGEST_REASON = 2_000;
const LONGEST_RAW = 4_096;

/** Redacts and shortens a record that the plugin itself rejected. */
export function checkedRefusal({ id, refused, raw }: Refusal, redact: Redact): Refusal {
  return {
    id: checkedId(id, `${String(refused)}${String(raw)}`),
    refused: cut(String(refused), LONGEST_REASON, redact),
    ...(raw === undefined ? {} : { raw: cut(String(raw), LONGEST_RAW, redact) }),
  };
}

/** Redacts and shortens a data warning of the plugin. */
export function checkedFinding({ id, found }: Finding, redact: Redact): Finding {
  return { id: checkedId(id, String(found)), found: cut(String(found), LONGEST_REASON, redact) };
}

/**
 * Creates a rejected record for an item of a plugin's page that is not valid.
 * @param thrown the error of the validation
 */
export function refuseItem(item: unknown, thrown: unknown, redact: Redact, prefix = ''): Refusal {
  const raw = rawText(item);
  const named = item as { id?: unknown; accountId?: unknown } | null | undefined;
  const id = checkedId(named?.id ?? named?.accountId, raw);
  return {
    id: `${prefix}${id}`,
    refused: cut(reasonOf(thrown), LONGEST_REASON, redact),
    raw: cut(raw, LONGEST_RAW, redact),
  };
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof RefusedError) return thrown.message;
  return `the record has not the form of its stream: ${thrown instanceof Error ? thrown.message : typeof thrown}`;
}

/**
 * Returns an id of limited length. An item without a usable id gets the hash of its content, so that the id stays the same in
 * later pulls.
 */
function checkedId(id: unknown, content: string): string {
  if (typeof id !== 'string' || id === '') return `unidentified-${hash('sha256', content).slice(0, 16)}`;
  return id.length <= LONGEST_ID ? id : `${id.slice(0, LONGEST_ID)}-${hash('sha256', id).slice(0, 16)}`;
}

function rawText(item: unknown): string {
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
 * Redacts before it truncates, so that no part of a secret remains at the end. It reads at most four times the limit, to save
 * time.
 */
function cut(text: string, longest: number, redact: Redact): string {
  const clean = redact(text.slice(0, 4 * longest));
  return clean.length <= longest ? clean : `${clean.slice(0, longest)}…`;
}
