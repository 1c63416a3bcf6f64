/** Removes secrets from log lines and messages. */

const REDACTED = '[redacted]';
/**
 * The minimum length of a secret that is removed, in characters. Shorter strings occur in ordinary words, so removing them would make logs
 * unreadable and protect nothing.
 */
const MIN_SECRET_LENGTH = 4;

/** Matches strings that look like credentials. They are removed even if they are not configured, e.g. the key of another deployment. */
const CREDENTIAL_PATTERN = /\btrb_[0-9a-f]{16,}|\b(bearer|basic) +[\w.~+/=-]{8,}/gi;

export class SecretRedactor {
  /**
   * The secrets by their first characters, the longest first. With this index, a string is scanned once, and not once for each secret.
   */
  private readonly secretsByPrefix = new Map<string, string[]>();

  constructor(secrets: readonly string[]) {
    this.add(secrets);
  }

  /** Adds secrets, e.g. of a deployment file that was loaded again. Earlier secrets are still removed, because they may still be valid. */
  add(secrets: readonly string[]): void {
    for (const secret of new Set(secrets.flatMap(listEncodedForms))) {
      if (secret.length < MIN_SECRET_LENGTH) continue;
      const start = secret.slice(0, MIN_SECRET_LENGTH);
      const group = this.secretsByPrefix.get(start) ?? [];
      if (!group.includes(secret)) this.secretsByPrefix.set(start, [...group, secret]);
    }
    for (const group of this.secretsByPrefix.values()) group.sort((a, b) => b.length - a.length);
  }

  redact(text: string): string {
    return this.redactKnownSecrets(text).replace(CREDENTIAL_PATTERN, REDACTED);
  }

  private redactKnownSecrets(text: string): string {
    if (this.secretsByPrefix.size === 0) return text;
    let redacted = '';
    let copied = 0;
    for (let at = 0; at <= text.length - MIN_SECRET_LENGTH; at++) {
      const secret = this.secretsByPrefix
        .get(text.slice(at, at + MIN_SECRET_LENGTH))
        ?.find((candidate) => text.startsWith(candidate, at));
      if (secret === undefined) continue;
      redacted += text.slice(copied, at) + REDACTED;
      copied = at + secret.length;
      at = copied - 1;
    }
    return redacted + text.slice(copied);
  }
}

/** Returns three forms of the secret: plain, JSON-escaped and percent-encoded. */
function listEncodedForms(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}
