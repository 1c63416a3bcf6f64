/**
 * Reads secrets from HashiCorp Vault: `vault:<mount>/<path>#<field>` is a field of a secret in a KV engine of version 2. The source logs in
 * at the first read, and requests each secret once.
 */
import { SecretSourceError, type SecretSource } from '../secret-source.js';
import { VaultClient } from './vault-client.js';
import type { VaultConfig } from './vault-settings.js';

/** Matches `<path>#<field>`. The path has no character that would change the URL of the request. */
const REFERENCE_PATTERN = /^([^\s/?#%]+(?:\/[^\s/?#%]+)*)#([^\s#]+)$/;
const REFERENCE_EXAMPLE = 'vault:secret/mollie#apiKey';

export class VaultSource implements SecretSource {
  private readonly client: VaultClient;
  /** The requests for secrets by their path in the API. They are kept, so that the fields of one secret need one request. */
  private readonly secrets = new Map<string, Promise<Readonly<Record<string, unknown>>>>();

  constructor(private readonly config: VaultConfig) {
    this.client = new VaultClient(config);
  }

  async read(reference: string): Promise<string> {
    const { path, field } = this.parse(reference);
    let secret = this.secrets.get(path);
    if (secret === undefined) {
      secret = this.client.readSecret(path);
      this.secrets.set(path, secret);
    }
    return selectField(await secret, field);
  }

  /** Converts a reference to the path of the secret in Vault's API and the name of the field. */
  private parse(reference: string): { path: string; field: string } {
    const [, name = '', field = ''] = REFERENCE_PATTERN.exec(reference) ?? [];
    const segments = name.split('/');
    const mount = this.config.mount ?? segments.shift() ?? '';
    // Vault rejects a segment of dots, and a URL would resolve it.
    if (
      field === '' ||
      segments.length === 0 ||
      [...segments, mount].some((segment) => /^\.+$/.test(segment))
    )
      throw new SecretSourceError(
        `expected ${this.config.mount === undefined ? REFERENCE_EXAMPLE : 'vault:PATH#FIELD'}, the path of a secret and one of its fields`,
      );
    return { path: `${mount}/data/${segments.map(encodeURIComponent).join('/')}`, field };
  }
}

function selectField(secret: Readonly<Record<string, unknown>>, field: string): string {
  const value = Object.hasOwn(secret, field) ? secret[field] : undefined;
  if (value === undefined) throw new SecretSourceError('the secret exists, but has no such field');
  // A number in JSON can lose digits, so only texts are accepted.
  if (typeof value !== 'string') throw new SecretSourceError('the field is not a text; store it as a text');
  if (value === '') throw new SecretSourceError('the field is empty');
  return value;
}
