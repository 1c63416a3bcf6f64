/** Defines the settings classes for the deployment file: its properties, their default values and their validation rules. */
import { Setting } from '@tributary/connector-api';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsDuration } from './duration.js';
import { FormanceSettings } from './formance-settings.js';
import { AlertSettings } from './alert-settings.js';
import { BalanceSettings } from './balance-settings.js';
import { DeploymentOrderSettings } from './deployment-order-settings.js';
import { NAME_PATTERN, NAME_RULE_MESSAGE } from './name-patterns.js';
import { OrderSettings } from './order-settings.js';
import { isPlainObject } from './settings-metadata.js';
import { ReconciliationSettings } from './reconciliation-settings.js';
import { ReloadSettings } from './reload-settings.js';
import { SecretsSettings } from '../secrets/secrets-settings.js';
import { STORE_URL_MESSAGE, STORE_URL_PATTERN } from './store-settings.js';

const PORT_MESSAGE = { message: '$property must be a whole number from 0 to 65535' };
const BOOLEAN_MESSAGE = { message: '$property must be true or false' };
const FORMANCE_NAME_MESSAGE = { message: '$property must be a text of 3 to 500 characters' };
const KEY_LIST_MESSAGE = { message: '$property must be a list of API keys' };

export class ListenSettings {
  @Setting('Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 or :: for every network.')
  @Matches(/^[^\s\u0000-\u001f]+$/, { message: '$property must be a host name or an IP address' })
  @IsNotEmpty({ message: '$property must be a host name or an IP address' })
  @IsString({ message: '$property must be a host name or an IP address' })
  host = '127.0.0.1';

  @Setting('TCP port to listen on; 0 takes any free one.')
  @Min(0, PORT_MESSAGE)
  @Max(65535, PORT_MESSAGE)
  @IsInt(PORT_MESSAGE)
  port = 3000;

  @Setting(
    'Whether a reverse proxy in front sets X-Forwarded-For, so that it tells the address of the caller.',
  )
  @IsBoolean(BOOLEAN_MESSAGE)
  trustProxy = false;
}

export class OperatorSettings {
  @Setting(
    'Keys for /metrics, the operator API and the console: plain (at least 16 characters) or sha256:<hex>. They only read; one that changes things is { key: …, name: …, scopes: [read, operate] }.',
  )
  @IsArray(KEY_LIST_MESSAGE)
  apiKeys: unknown[] = [];
}

export class SyncSettings {
  @Setting('Pause between two syncs of a stream: 100ms, 5s, 2m, 1h. From 100ms to 24h.')
  @IsDuration('100ms', '24h')
  every = '2m';
}

export class ConnectorEntry {
  @Setting(
    'Mounted at /<name>, of a tenant at /<tenant>/<name>. It also names the feeds in the store: rename it only with "tributary connectors rename".',
  )
  @Matches(NAME_PATTERN, { message: `$property ${NAME_RULE_MESSAGE}` })
  @IsString({ message: `$property ${NAME_RULE_MESSAGE}` })
  name!: string;

  @Setting('Kind of PSP.')
  @IsString({ message: '$property must be the name of a plugin' })
  plugin!: string;

  @Setting(
    'Keys that open this connector, several for rotation: plain (at least 16 characters) or sha256:<hex>. They only read; one that pays is { key: …, scopes: [read, pay] }.',
  )
  @ArrayNotEmpty({ message: '$property must be a list of at least one API key' })
  @IsArray(KEY_LIST_MESSAGE)
  apiKeys!: unknown[];

  @Setting('When the PSP is asked for what is new.')
  @ValidateNested()
  sync: SyncSettings = new SyncSettings();

  @Setting('With which times balances are served.')
  @ValidateNested()
  balances: BalanceSettings = new BalanceSettings();

  @Setting('Limits of payouts and transfers: an order beyond them is answered FAILED, and never sent.')
  @ValidateNested()
  orders: OrderSettings = new OrderSettings();

  @Setting(
    'Name of this connector in Formance, of 3 to 500 characters. Without it, the first path of the connector.',
  )
  @Length(3, 500, FORMANCE_NAME_MESSAGE)
  @IsString(FORMANCE_NAME_MESSAGE)
  @IsOptional()
  formanceName?: string;

  @Setting(
    'First name of this connector, if it was renamed. Ids and idempotency keys of orders are derived from it: it stays here for ever.',
  )
  @Matches(NAME_PATTERN, { message: `$property ${NAME_RULE_MESSAGE}` })
  @IsString({ message: `$property ${NAME_RULE_MESSAGE}` })
  @IsOptional()
  originalName?: string;

  @Setting('What the plugin wants to know.')
  @IsOptional()
  @IsObject({ message: '$property must be a mapping' })
  settings: object = {};
}

export class TenantEntry {
  @Setting('Connectors of this tenant, mounted at /<tenant>/<name>. Their keys open nothing else.')
  @ArrayNotEmpty({ message: '$property must be a list of at least one connector' })
  @IsArray({ message: '$property must be a list of connectors' })
  connectors!: unknown[];

  @Setting(
    'Who watches the connectors of this tenant with the operator API. The keys open no other tenant and no metrics.',
  )
  @ValidateNested()
  operators: OperatorSettings = new OperatorSettings();

  @Setting('How the accounts of this tenant are compared with a ledger.')
  @ValidateNested()
  reconciliation: ReconciliationSettings = new ReconciliationSettings();

  @Setting('The Formance that reads the connectors of this tenant. Without it, the one of the deployment.')
  @Type(() => FormanceSettings)
  @ValidateNested()
  @IsOptional()
  formance?: FormanceSettings;
}

export class DeploymentFile {
  @Setting(
    'Name of this deployment. The store remembers it: a gateway whose file has another name does not start on that store.',
  )
  @IsOptional()
  @Matches(NAME_PATTERN, { message: `$property ${NAME_RULE_MESSAGE}` })
  @IsString({ message: `$property ${NAME_RULE_MESSAGE}` })
  deployment?: string;

  @Setting('Where the gateway listens.')
  @ValidateNested()
  listen: ListenSettings = new ListenSettings();

  @Setting(
    'Where the feeds are kept: sqlite:PATH, relative to the working directory, or postgres://USER:PASSWORD@HOST/DATABASE, which many gateways may share. With more to say, a mapping.',
  )
  @ValidateIf(({ store }: DeploymentFile) => !isPlainObject(store))
  @Matches(STORE_URL_PATTERN, { message: STORE_URL_MESSAGE })
  @IsString({ message: STORE_URL_MESSAGE })
  store: string | object = 'sqlite:./data/tributary.db';

  @Setting('Whether each connector serves its OpenAPI document and Swagger UI at <path>/docs.')
  @IsBoolean(BOOLEAN_MESSAGE)
  docs = true;

  @Setting('Whether the gateway serves the console, its web page for operators, at /console.')
  @IsBoolean(BOOLEAN_MESSAGE)
  console = true;

  @Setting('When the gateway reads this file again by itself.')
  @ValidateNested()
  reload: ReloadSettings = new ReloadSettings();

  @Setting('Services from which secrets are read.')
  @ValidateNested()
  secrets: SecretsSettings = new SecretsSettings();

  @Setting('Who runs the gateway.')
  @ValidateNested()
  operators: OperatorSettings = new OperatorSettings();

  @Setting('What the gateway keeps of the payouts and transfers of all connectors.')
  @ValidateNested()
  orders: DeploymentOrderSettings = new DeploymentOrderSettings();

  @Setting('The Formance that reads the connectors, for the commands "tributary formance …".')
  @Type(() => FormanceSettings)
  @ValidateNested()
  @IsOptional()
  formance?: FormanceSettings;

  @Setting('Connectors of the default tenant, mounted at /<name>.')
  @IsArray({ message: '$property must be a list of connectors' })
  connectors: unknown[] = [];

  @Setting('How the accounts of the default tenant are compared with a ledger.')
  @ValidateNested()
  reconciliation: ReconciliationSettings = new ReconciliationSettings();

  @Setting('Alerts: the channels that are told when something needs attention.')
  @ValidateNested()
  alerts: AlertSettings = new AlertSettings();

  @Setting('Owners of connectors, by name.')
  @IsObject({ message: '$property must be a mapping from the name of a tenant to its connectors' })
  tenants: object = {};
}
