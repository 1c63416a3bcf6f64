/** Defines the settings for the orders of the whole deployment. The limits of single connectors are in `order-settings.ts`. */
import { Setting } from '@tributary/connector-api';
import { IsBoolean, ValidateIf } from 'class-validator';
import { IsDuration, parseDuration } from './duration.js';

/** The value of `keepPspRequests` with which the requests to PSPs are not recorded. */
const OFF = 'off';

export class DeploymentOrderSettings {
  @Setting(
    'How long the requests to PSPs about orders are kept with their responses, without secrets and full account numbers: from 1h to 8760h. off records none.',
  )
  @ValidateIf(({ keepPspRequests }: DeploymentOrderSettings) => keepPspRequests !== OFF)
  @IsDuration('1h', '8760h')
  keepPspRequests = '720h';

  @Setting(
    'Whether two people are needed to resolve an order: one key proposes the resolution, and another key approves it.',
  )
  @IsBoolean({ message: '$property must be true or false' })
  resolveByTwo = false;
}

/** The settings of `orders:` at the top of the deployment file. */
export interface DeploymentOrderConfig {
  /** Time in ms for which requests to PSPs are kept; absent if they are not recorded. */
  exchangeRetentionMs?: number;
  /** True if one operator key must propose the resolution of an order, and another key must approve it. */
  resolveByTwo: boolean;
}

export function parseDeploymentOrderSettings({
  keepPspRequests,
  resolveByTwo,
}: DeploymentOrderSettings): DeploymentOrderConfig {
  const exchangeRetentionMs = keepPspRequests === OFF ? undefined : parseDuration(keepPspRequests);
  return { resolveByTwo, ...(exchangeRetentionMs !== undefined && { exchangeRetentionMs }) };
}
