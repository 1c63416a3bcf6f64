/**
 * Resolves the references of a deployment file to secret sources. The file is read twice: the first reading finds the references, then
 * their values are requested, and the second reading uses the values.
 */
import { UnresolvedReferenceError } from '../file/unresolved-reference-error.js';
import type { SecretReference, SecretScheme } from './secret-reference.js';
import { SecretSourceError, type SecretSource } from './secret-source.js';

/** The value of a reference, or the reason why it has none. `unread` means that it was not requested, e.g. by `tributary check`. */
export type RemoteSecret =
  { kind: 'value'; value: string } | { kind: 'failed'; reason: string } | { kind: 'unread' };

/** The known values by the text of the reference. */
export type KnownSecrets = ReadonlyMap<string, string>;

/** A reference whose value could not be read again, so that its earlier value is still used. */
export interface StaleSecret {
  /** The reference as it is written in the deployment file. */
  reference: string;
  reason: string;
}

/** The maximum number of references in a deployment file. */
const MAX_REFERENCES = 5_000;
/** The maximum number of references that are read at a time. */
const CONCURRENCY = 4;

/** Contains the values of the references of one deployment file. */
export class RemoteSecrets {
  /** The references that the readings of the file have found. */
  readonly found = new Map<string, SecretReference>();

  /**
   * @param secrets the value of each reference; a reference that it does not contain is `unread`
   */
  constructor(private readonly secrets: ReadonlyMap<string, RemoteSecret> = new Map()) {}

  /**
   * Returns the value of a reference.
   * @returns `undefined` if the value was not requested
   * @throws UnresolvedReferenceError if the value could not be read
   */
  resolve(reference: SecretReference): string | undefined {
    this.found.set(reference.text, reference);
    const secret = this.secrets.get(reference.text) ?? { kind: 'unread' };
    switch (secret.kind) {
      case 'value':
        return secret.value;
      case 'unread':
        return undefined;
      case 'failed':
        throw new UnresolvedReferenceError(
          `the secret ${reference.displayName} cannot be read: ${secret.reason}`,
        );
    }
  }
}

/**
 * Reads the values of references.
 * @param known the values of an earlier load. If a reference cannot be read now, its earlier value is used
 */
export async function readRemoteSecrets(
  references: readonly SecretReference[],
  sources: ReadonlyMap<SecretScheme, SecretSource>,
  known: KnownSecrets,
): Promise<{ secrets: ReadonlyMap<string, RemoteSecret>; stale: StaleSecret[] }> {
  const secrets = new Map<string, RemoteSecret>();
  const stale: StaleSecret[] = [];
  const remaining = references.slice(0, MAX_REFERENCES);
  for (const { text } of references.slice(MAX_REFERENCES))
    secrets.set(text, { kind: 'failed', reason: `the file has more than ${MAX_REFERENCES} references` });
  const readRemaining = async () => {
    for (let next = remaining.shift(); next !== undefined; next = remaining.shift()) {
      const secret = await readSecret(next, sources);
      const earlier = known.get(next.text);
      if (secret.kind === 'failed' && earlier !== undefined) {
        stale.push({ reference: next.displayName, reason: secret.reason });
        secrets.set(next.text, { kind: 'value', value: earlier });
      } else secrets.set(next.text, secret);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, readRemaining));
  return { secrets, stale };
}

async function readSecret(
  { scheme, text }: SecretReference,
  sources: ReadonlyMap<SecretScheme, SecretSource>,
): Promise<RemoteSecret> {
  const source = sources.get(scheme);
  if (source === undefined) return { kind: 'failed', reason: `the file has no settings secrets.${scheme}` };
  try {
    return { kind: 'value', value: await source.read(text.slice(scheme.length + 1)) };
  } catch (error) {
    if (!(error instanceof SecretSourceError)) throw error;
    return { kind: 'failed', reason: error.message };
  }
}
