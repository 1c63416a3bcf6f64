/** Shows single values: amounts, times, counts, states and JSON. */
import { useSyncExternalStore } from 'react';
import { formatAmount } from '../format/amount';
import { parseJson } from '../format/parse-exact-json';
import { formatDuration, formatRelativeTime, formatTime, formatUtc } from '../format/time';
import { readClock, subscribeToClock } from './clock';

export function Amount({ minorUnits, asset }: { minorUnits: string; asset: string }) {
  const { number, currency } = formatAmount(minorUnits, asset);
  return (
    <span className="amount">
      {number}
      <span className="amount-currency">{currency}</span>
    </span>
  );
}

/** Shows a time (RFC 3339) in the user's time zone. If the pointer is over the time, it shows the time in UTC. */
export function Time({ at }: { at: string | undefined }) {
  return <TimeElement at={at} isRelative={false} />;
}

/** Shows how long before or after now a time (RFC 3339) is. If the pointer is over it, it shows the local time and UTC. */
export function RelativeTime({ at }: { at: string | undefined }) {
  return <TimeElement at={at} isRelative />;
}

function TimeElement({ at, isRelative }: { at: string | undefined; isRelative: boolean }) {
  if (at === undefined) return <span className="muted">never</span>;
  const timeMs = Date.parse(at);
  if (Number.isNaN(timeMs)) return <>{at}</>;
  const local = formatTime(timeMs);
  const utc = formatUtc(timeMs);
  return (
    <time dateTime={utc} title={isRelative ? `${local}, ${utc} (UTC)` : `${utc} (UTC)`} className="nowrap">
      {isRelative ? <TimeFromNow timeMs={timeMs} /> : local}
    </time>
  );
}

/** The text of a relative time. It is a component of its own, so that only this text is rendered again each second. */
function TimeFromNow({ timeMs }: { timeMs: number }) {
  return <>{formatRelativeTime(timeMs, useSyncExternalStore(subscribeToClock, readClock))}</>;
}

export function Duration({ ms }: { ms: number | undefined }) {
  return ms === undefined ? null : <span className="nowrap">{formatDuration(ms)}</span>;
}

export function Count({ value }: { value: number }) {
  return <>{value.toLocaleString()}</>;
}

export type Tone = 'good' | 'warning' | 'bad' | 'neutral';

export function Status({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`status ${tone}`}>{children}</span>;
}

/** Shows a JSON value with indentation. React escapes the value, so HTML in it is shown as text. */
export function JsonValue({ value, label }: { value: unknown; label: string }) {
  return <Preformatted text={JSON.stringify(value, undefined, 2)} label={label} />;
}

/** Shows a text that a PSP sent, with indentation if it is JSON. React escapes the text, so HTML in it is shown as text. */
export function JsonText({ text, label }: { text: string; label: string }) {
  return <Preformatted text={indentJson(text)} label={label} />;
}

function Preformatted({ text, label }: { text: string; label: string }) {
  return (
    <pre tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
  );
}

/** Indents a JSON text. A text that is not JSON stays unchanged. */
function indentJson(text: string): string {
  try {
    return JSON.stringify(parseJson(text), undefined, 2);
  } catch {
    return text;
  }
}
