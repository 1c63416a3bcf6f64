/** Defines the settings class for the section `secrets:` of the deployment file: one property for each secret source. */
import { Setting } from '@tributary/connector-api';
import { Type } from 'class-transformer';
import { IsOptional, ValidateNested } from 'class-validator';
import { VaultSettings } from './vault/vault-settings.js';

export class SecretsSettings {
  @Setting('HashiCorp Vault, for values like vault:secret/mollie#apiKey.')
  @Type(() => VaultSettings)
  @ValidateNested()
  @IsOptional()
  vault?: VaultSettings;
}
