/** Creates the secret sources of a deployment file from its settings. */
import type { SettingsBinder } from '../settings/settings-binder.js';
import type { SecretScheme } from './secret-reference.js';
import type { SecretSource } from './secret-source.js';
import type { SecretsSettings } from './secrets-settings.js';
import { parseVaultSettings } from './vault/vault-settings.js';
import { VaultSource } from './vault/vault-source.js';

/**
 * Creates the sources that the section `secrets:` describes, and reports settings that contradict each other as problems.
 * @param settings an instance whose values have already been validated
 */
export function createSecretSources(
  settings: SecretsSettings,
  binder: SettingsBinder,
): ReadonlyMap<SecretScheme, SecretSource> {
  const sources = new Map<SecretScheme, SecretSource>();
  if (settings.vault !== undefined) {
    const vault = parseVaultSettings(settings.vault, binder, ['secrets', 'vault']);
    if (vault !== undefined) sources.set('vault', new VaultSource(vault));
  }
  return sources;
}
