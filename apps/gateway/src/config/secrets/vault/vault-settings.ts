/** Defines and converts the settings of HashiCorp Vault: `secrets.vault` of the deployment file. */
import { Setting } from '@tributary/connector-api';
import { Type } from 'class-transformer';
import { IsOptional, IsString, Matches, ValidateNested } from 'class-validator';
import type { ConfigPath } from '../../file/value-path.js';
import { IsDuration, parseDuration } from '../../settings/duration.js';
import type { SettingsBinder } from '../../settings/settings-binder.js';

const URL_MESSAGE = {
  message:
    '$property must be a URL like https://vault.example.com:8200, without a user name, a query or a fragment',
};
const TEXT_MESSAGE = { message: '$property must be a text' };
const PATH_PATTERN = /^[^\s/?#%]+(?:\/[^\s/?#%]+)*$/;
const PATH_MESSAGE = {
  message: '$property must be a path like secret or team/kv, without a slash at its ends',
};
const NAMESPACE_PATTERN = /^[\w.-]+(?:\/[\w.-]+)*\/?$/;
const NAMESPACE_MESSAGE = { message: '$property must be the path of a namespace like team or team/payments' };

export class VaultAppRoleSettings {
  @Setting('Id of the role.')
  @IsString(TEXT_MESSAGE)
  roleId!: string;

  @Setting('Secret id of the role.')
  @IsString(TEXT_MESSAGE)
  secretId!: string;

  @Setting('Path at which the auth method AppRole is mounted.')
  @Matches(PATH_PATTERN, PATH_MESSAGE)
  @IsString(PATH_MESSAGE)
  mount = 'approle';
}

export class VaultKubernetesSettings {
  @Setting('Name of the role in Vault.')
  @IsString(TEXT_MESSAGE)
  role!: string;

  @Setting('Token of the service account, usually file:/var/run/secrets/kubernetes.io/serviceaccount/token.')
  @IsString(TEXT_MESSAGE)
  token!: string;

  @Setting('Path at which the auth method Kubernetes is mounted.')
  @Matches(PATH_PATTERN, PATH_MESSAGE)
  @IsString(PATH_MESSAGE)
  mount = 'kubernetes';
}

export class VaultAuthSettings {
  @Setting('A token of Vault, e.g. from the file that a Vault Agent keeps valid.')
  @IsString(TEXT_MESSAGE)
  @IsOptional()
  token?: string;

  @Setting('Log-in with the auth method AppRole.')
  @Type(() => VaultAppRoleSettings)
  @ValidateNested()
  @IsOptional()
  appRole?: VaultAppRoleSettings;

  @Setting('Log-in with the auth method Kubernetes.')
  @Type(() => VaultKubernetesSettings)
  @ValidateNested()
  @IsOptional()
  kubernetes?: VaultKubernetesSettings;
}

export class VaultSettings {
  @Setting('URL of Vault: https://vault.example.com:8200.')
  @Matches(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, URL_MESSAGE)
  @IsString(URL_MESSAGE)
  url!: string;

  @Setting('Namespace of Vault Enterprise or HCP Vault.')
  @Matches(NAMESPACE_PATTERN, NAMESPACE_MESSAGE)
  @IsString(NAMESPACE_MESSAGE)
  @IsOptional()
  namespace?: string;

  @Setting(
    'Path at which the KV engine (version 2) is mounted. Without it, the first segment of each reference is the mount.',
  )
  @Matches(PATH_PATTERN, PATH_MESSAGE)
  @IsString(PATH_MESSAGE)
  @IsOptional()
  mount?: string;

  @Setting('How long one request may take: from 100ms to 30s.')
  @IsDuration('100ms', '30s')
  timeout = '5s';

  @Setting('Credentials for Vault: a token, appRole or kubernetes.')
  @ValidateNested()
  auth: VaultAuthSettings = new VaultAuthSettings();
}

/** How the gateway gets its token of Vault. A log-in sends `body` to `/v1/auth/<mount>/login`. */
export type VaultAuth =
  { kind: 'token'; token: string } | { kind: 'login'; mount: string; body: Readonly<Record<string, string>> };

export interface VaultConfig {
  /** The base URL without a slash at its end. */
  url: string;
  namespace?: string;
  mount?: string;
  timeoutMs: number;
  auth: VaultAuth;
}

/**
 * Converts `secrets.vault`, and reports it as a problem if `auth` does not contain exactly one kind of credentials.
 * @param settings an instance whose values have already been validated
 */
export function parseVaultSettings(
  { url, namespace, mount, timeout, auth }: VaultSettings,
  binder: SettingsBinder,
  path: ConfigPath,
): VaultConfig | undefined {
  const [chosen, ...others] = listCredentials(auth);
  if (chosen === undefined || others.length > 0) {
    binder.reportProblem(
      [...path, 'auth'],
      `found ${chosen === undefined ? 'no credentials' : 'more than one kind of credentials'}; expected one of token, appRole and kubernetes`,
    );
    return undefined;
  }
  return {
    ...{ url: String(url).replace(/\/+$/, ''), auth: chosen },
    ...(namespace !== undefined && { namespace }),
    ...(mount !== undefined && { mount }),
    timeoutMs: parseDuration(String(timeout)) ?? 0,
  };
}

function listCredentials({ token, appRole, kubernetes }: VaultAuthSettings): VaultAuth[] {
  const credentials: VaultAuth[] = [];
  if (token !== undefined) credentials.push({ kind: 'token', token });
  if (appRole !== undefined) {
    const { roleId, secretId, mount } = appRole;
    credentials.push({ kind: 'login', mount, body: { role_id: roleId, secret_id: secretId } });
  }
  if (kubernetes !== undefined) {
    const { role, token: jwt, mount } = kubernetes;
    credentials.push({ kind: 'login', mount, body: { role, jwt } });
  }
  return credentials;
}
