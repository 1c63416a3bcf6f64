/** Redacts secrets in log lines and messages. */

const REDACTED = '[redacted]';
/** Shorter strings are not redacted. They occur in ordinary words, so redaction would make logs unreadable and protect nothing. */
const SHORTEST = 4;

/** Matches strings that look like credentials. They are redacted even if they are not configured, e.g. a key of another deployment. */
const CREDENTIALS = /\btrb_[0-9a-f]{16,}|\b(bearer|basic) +[\w.~+/=-]{8,}/gi;

export class Scrubber {
  /** Secrets by their first characters, longest first. A string is scanned once, independent of the number of secrets. */
  private readonly byStart = new Map<string, string[]>();

  constructor(secrets: readonly string[]) {
    for (const secret of new Set(secrets.flatMap(spellings))) {
      if (secret.length < SHORTEST) continue;
      const start = secret.slice(0, SHORTEST);
      this.byStart.set(start, [...(this.byStart.get(start) ?? []), secret]);
    }
    for (const group of this.byStart.values()) group.sort((a, b) => b.length - a.length);
  }

  scrub(text: string): string {
    return this.scrubKnown(text).replace(CREDENTIALS, REDACTED);
  }

  private scrubKnown(text: string): string {
    if (this.byStart.size === 0) return text;
    let clean = '';
    let copied = 0;
    for (let at = 0; at <= text.length - SHORTEST; at++) {
      const secret = this.byStart
        .get(text.slice(at, at + SHORTEST))
        ?.find((candidate) => text.startsWith(candidate, at));
      if (secret === undefined) continue;
      clean += text.slice(copied, at) + REDACTED;
      copied = at + secret.length;
      at = copied - 1;
    }
    return clean + text.slice(copied);
  }
}

/** Returns the secret in plain form, JSON-escaped and percent-encoded. */
function spellings(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}
