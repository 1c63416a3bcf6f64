/** The endpoints of the deployment file: which file a gateway serves, and its reload. */
import { formatTime } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import type { OperatorKey } from '@tributary/auth';
import type { OperatorEndpoint, OperatorServices } from '../endpoint.types.js';
import {
  RELOAD_OUTCOMES,
  RELOAD_TRIGGERS,
  type DeploymentReloader,
  type ReloadResult,
} from '../../reload/deployment-reloader.js';
import { createListSchema, createObjectSchema, TEXT_SCHEMA, TIME_SCHEMA } from '../schemas.js';

const STALE_SECRETS_SCHEMA = {
  ...createListSchema(
    createObjectSchema({
      reference: { ...TEXT_SCHEMA, description: 'The reference as it is written in the file.' },
      reason: TEXT_SCHEMA,
    }),
  ),
  description: 'Secrets that could not be read again, so that their earlier values are used.',
};
const PATHS_SCHEMA = createListSchema(TEXT_SCHEMA);
const RELOAD_SCHEMA = createObjectSchema({
  outcome: {
    type: 'string',
    enum: [...RELOAD_OUTCOMES],
    description: 'refused: nothing was changed, and problems says why.',
  },
  trigger: { type: 'string', enum: [...RELOAD_TRIGGERS] },
  at: TIME_SCHEMA,
  connectors: createObjectSchema({ added: PATHS_SCHEMA, changed: PATHS_SCHEMA, removed: PATHS_SCHEMA }),
  problems: { ...createListSchema(TEXT_SCHEMA), description: 'The lines that tributary check prints.' },
  staleSecrets: STALE_SECRETS_SCHEMA,
});

export const DEPLOYMENT_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/deployment', operationId: 'getDeployment', access: 'read' },
    summary:
      'Returns which deployment file this gateway serves, and its last reload. Not for keys of a tenant.',
    response: createObjectSchema({
      file: TEXT_SCHEMA,
      fingerprint: {
        ...TEXT_SCHEMA,
        description: 'Hash of the text of the file. Gateways with the same file have the same fingerprint.',
      },
      loadedAt: TIME_SCHEMA,
      staleSecrets: STALE_SECRETS_SCHEMA,
      'lastReload?': RELOAD_SCHEMA,
    }),
    handle({ operator }, services) {
      const { lastReload, loadedAt, ...state } = requireReloader(operator, services).state;
      return Promise.resolve({
        ...{ ...state, loadedAt: formatTime(loadedAt) },
        ...(lastReload && { lastReload: toView(lastReload) }),
      });
    },
  },
  {
    ...{ method: 'POST', path: '/deployment/reload', operationId: 'reloadDeployment', access: 'operate' },
    summary:
      'Reloads the deployment file of this gateway. A wrong file changes nothing. Not for keys of a tenant.',
    body: createObjectSchema({}),
    response: RELOAD_SCHEMA,
    async handle({ operator }, services) {
      const reloader = requireReloader(operator, services);
      return toView(await reloader.reload('api', { by: operator.name, via: 'api' }));
    },
  },
];

function toView({ at, ...result }: ReloadResult) {
  return { ...result, at: formatTime(at) };
}

/** @throws ContractError if the key belongs to a tenant, or if the gateway was not started with a deployment file */
function requireReloader({ tenant }: OperatorKey, { reloader }: OperatorServices): DeploymentReloader {
  if (tenant !== undefined)
    throw new ContractError(
      HttpStatus.FORBIDDEN,
      'Key of a tenant',
      'The deployment file contains the connectors of all tenants, so a key of a tenant has no access to it.',
    );
  if (reloader !== undefined) return reloader;
  throw new ContractError(
    HttpStatus.NOT_FOUND,
    'No deployment file',
    'This gateway was not started with a deployment file, so there is nothing to reload.',
  );
}
