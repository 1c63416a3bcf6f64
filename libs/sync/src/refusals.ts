/** What goes into the quarantine: short, in words, without secrets. */
import { RefusedError } from '@tributary/connector-api';
import type { Finding, Refusal } from '@tributary/connector-api';
import { hash } from 'node:crypto';
import type { Redact } from './redaction.js';

const LONGEST_ID = 512;
const LONGEST_REASON = 2_000;
const LONGEST_RAW = 4_096;

/** A refusal of the plugin's own. */
export function checkedRefusal({ id, refused, raw }: Refusal, redact: Redact): Refusal {
  return {
    id: checkedId(id, `${String(refused)}${String(raw)}`),
    refused: cut(String(refused), LONGEST_REASON, redact),
    ...(raw === undefined ? {} : { raw: cut(String(raw), LONGEST_RAW, redact) }),
  };
}

export function checkedFinding({ id, found }: Finding, redact: Redact): Finding {
  return { id: checkedId(id, String(found)), found: cut(String(found), LONGEST_REASON, redact) };
}

/** An item of a plugin's page that could not become a row, because of `thrown`. */
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

/** What has no usable id gets one that is the same when it comes again. */
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

/** Redacted before the cut, so that no part of a secret is left at the end; but no more than could be needed. */
function cut(text: string, longest: number, redact: Redact): string {
  const clean = redact(text.slice(0, 4 * longest));
  return clean.length <= longest ? clean : `${clean.slice(0, longest)}…`;
}
