/** Defines and converts the settings of the connection to Formance. The commands `tributary formance …` use them. */
import { Setting } from '@tributary/connector-api';
import type { FormanceCredentials, FormanceService, ReconciledLedger } from '@tributary/formance';
import { IsNotEmpty, IsOptional, IsString, Matches, ValidateNested } from 'class-validator';
import type { ConfigPath } from '../file/value-path.js';
import { IsDuration } from './duration.js';
import type { SettingsBinder } from './settings-binder.js';

const HTTP_URL_PATTERN = /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/;
const HTTP_URL_MESSAGE = {
  message:
    '$property must be a URL like https://stack.example.com, without a user name, a query or a fragment',
};
const TEXT_MESSAGE = { message: '$property must be a text' };

export class FormanceAuthSettings {
  @Setting('A token that does not change, sent as Authorization: Bearer.')
  @IsString(TEXT_MESSAGE)
  @IsOptional()
  token?: string;

  @Setting('Id of an OAuth client of the Stack. Access tokens come from <url>/api/auth/oauth/token.')
  @IsString(TEXT_MESSAGE)
  @IsOptional()
  clientId?: string;

  @Setting('Secret of the OAuth client.')
  @IsString(TEXT_MESSAGE)
  @IsOptional()
  clientSecret?: string;
}

/**
 * Matches a pattern of addresses of Formance Ledger that contains the segment `{connector}`. An empty segment of the pattern matches every
 * segment.
 */
const ACCOUNTS_PATTERN = /^(?:[a-zA-Z0-9_-]*:)*\{connector\}(?::[a-zA-Z0-9_-]*)*(?::\.\.\.)?$/;
const ACCOUNTS_MESSAGE = {
  message:
    '$property must be a pattern of ledger addresses with the segment {connector}, such as psp:{connector}:...',
};

export class FormanceLedgerSettings {
  @Setting('Name of the ledger.')
  @IsNotEmpty(TEXT_MESSAGE)
  @IsString(TEXT_MESSAGE)
  name!: string;

  @Setting(
    'The ledger accounts of one connector: {connector} is its name, after its tenant and a colon. "..." at the end matches all accounts below it.',
  )
  @Matches(ACCOUNTS_PATTERN, ACCOUNTS_MESSAGE)
  @IsString(ACCOUNTS_MESSAGE)
  accounts = 'psp:{connector}:...';
}

export class FormanceSettings {
  @Setting('URL of the Stack. Payments is then at <url>/api/payments.')
  @Matches(HTTP_URL_PATTERN, HTTP_URL_MESSAGE)
  @IsString(HTTP_URL_MESSAGE)
  @IsOptional()
  url?: string;

  @Setting('URL of the service Payments, if it is not behind a Stack.')
  @Matches(HTTP_URL_PATTERN, HTTP_URL_MESSAGE)
  @IsString(HTTP_URL_MESSAGE)
  @IsOptional()
  paymentsUrl?: string;

  @Setting('URL of the legacy service Reconciliation, if it is not behind a Stack.')
  @Matches(HTTP_URL_PATTERN, HTTP_URL_MESSAGE)
  @IsString(HTTP_URL_MESSAGE)
  @IsOptional()
  reconciliationUrl?: string;

  @Setting('The ledger that the command "tributary formance policies" compares with the connectors.')
  @ValidateNested()
  @IsOptional()
  ledger?: FormanceLedgerSettings;

  @Setting(
    'Credentials for Formance: a token, or an OAuth client. Without them, requests have no credentials.',
  )
  @ValidateNested()
  auth: FormanceAuthSettings = new FormanceAuthSettings();

  @Setting(
    'How often Formance asks each connector for new rows. A Formance server accepts 20m or more, unless its operator lowered the minimum.',
  )
  @IsDuration('1s', '24h')
  pollingPeriod = '30m';

  @Setting('URL at which Formance reaches this gateway, without the paths of connectors.')
  @Matches(HTTP_URL_PATTERN, HTTP_URL_MESSAGE)
  @IsString(HTTP_URL_MESSAGE)
  publicUrl!: string;
}

/** The Formance that reads a connector. */
export interface FormanceConfig {
  urls: Readonly<Partial<Record<FormanceService, string>>>;
  credentials: FormanceCredentials;
  /** The polling interval of Formance as a duration: `30m`. */
  pollingPeriod: string;
  /** The URL under which Formance reaches the gateway, without a slash at the end. */
  publicUrl: string;
  /** The ledger with which the reconciliation policies compare the connectors. */
  ledger?: ReconciledLedger;
}

/**
 * Converts a property `formance`, and reports values that contradict each other as problems.
 * @param settings an instance whose values have already been validated; `undefined` if the file has no such property
 */
export function parseFormanceSettings(
  settings: FormanceSettings | undefined,
  binder: SettingsBinder,
  path: ConfigPath,
): FormanceConfig | undefined {
  if (settings === undefined) return undefined;
  const { url, paymentsUrl, reconciliationUrl, ledger, auth, pollingPeriod, publicUrl } = settings;
  if (url === undefined && paymentsUrl === undefined)
    binder.reportProblem(
      path,
      'there is no url; expected url of the Stack, or paymentsUrl of the service Payments',
    );
  const credentials = parseCredentials(auth, url, binder, [...path, 'auth']);
  const payments = paymentsUrl ?? findStackUrl(url, 'payments');
  const reconciliation = reconciliationUrl ?? findStackUrl(url, 'reconciliation');
  return {
    urls: { ...(payments && { payments }), ...(reconciliation && { reconciliation }) },
    ...{ credentials, pollingPeriod, publicUrl: trimSlashes(publicUrl) },
    ...(ledger && { ledger: { name: ledger.name, accounts: ledger.accounts } }),
  };
}

/** Returns the URL of a service behind a Formance Stack. The result is `undefined` if the settings contain no Stack. */
function findStackUrl(stackUrl: string | undefined, service: FormanceService): string | undefined {
  return stackUrl === undefined ? undefined : `${trimSlashes(stackUrl)}/api/${service}`;
}

function parseCredentials(
  { token, clientId, clientSecret }: FormanceAuthSettings,
  url: string | undefined,
  binder: SettingsBinder,
  path: ConfigPath,
): FormanceCredentials {
  const hasClient = clientId !== undefined || clientSecret !== undefined;
  if (token !== undefined && hasClient)
    binder.reportProblem(path, 'found a token and an OAuth client; expected one of them');
  if (token !== undefined) return { kind: 'token', token };
  if (!hasClient) return { kind: 'none' };
  if (clientId === undefined || clientSecret === undefined || url === undefined) {
    binder.reportProblem(
      path,
      'an OAuth client needs clientId, clientSecret and, beside auth, the url of the Stack',
    );
    return { kind: 'none' };
  }
  return { kind: 'client', clientId, clientSecret, tokenUrl: `${trimSlashes(url)}/api/auth/oauth/token` };
}

/** Removes slashes at the end of a URL. The value may have another type if a problem was reported for it. */
function trimSlashes(url: unknown): string {
  return String(url).replace(/\/+$/, '');
}
