/**
 * Selects the connectors and policies that an operator may see. A key of a tenant gives access to the connectors and policies of the
 * tenant. A key of the deployment gives access to all.
 */
import type { OperatorKey } from '@tributary/auth';
import { ContractError } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import type { ConnectorConfig, Deployment, ReconciliationPolicyConfig } from '../config/index.js';

/** Returns the connectors that the operator may see, sorted by path. */
export function listVisibleConnectors(
  { connectors }: Deployment,
  { tenant }: Pick<OperatorKey, 'tenant'>,
): ConnectorConfig[] {
  return connectors
    .filter((connector) => tenant === undefined || connector.tenant === tenant)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Returns the connectors that a request refers to, sorted by path.
 * @param path the connector in the request; if absent, all visible connectors
 * @throws ContractError 404 for a connector that the operator may not see
 */
export function selectConnectors(
  deployment: Deployment,
  operator: OperatorKey,
  path: unknown,
): ConnectorConfig[] {
  return path === undefined
    ? listVisibleConnectors(deployment, operator)
    : [requireVisibleConnector(deployment, operator, path)];
}

/**
 * Returns the paths of the connectors to which a request refers.
 * @throws ContractError 404 for a connector that the operator may not see
 */
export function selectConnectorPaths(deployment: Deployment, operator: OperatorKey, path: unknown): string[] {
  return selectConnectors(deployment, operator, path).map((connector) => connector.path);
}

/**
 * Returns the connector with this path.
 * @throws ContractError 404 for a connector that does not exist or that the operator may not see
 */
export function requireVisibleConnector(
  deployment: Deployment,
  operator: OperatorKey,
  path: unknown,
): ConnectorConfig {
  const found = listVisibleConnectors(deployment, operator).find((connector) => connector.path === path);
  if (found) return found;
  throw new ContractError(
    HttpStatus.NOT_FOUND,
    'No such connector',
    'This deployment has no such connector, or the key is for another tenant.',
  );
}

/** Returns the reconciliation policies that the operator may see. */
export function listVisiblePolicies(
  { policies }: Deployment,
  { tenant }: OperatorKey,
): ReconciliationPolicyConfig[] {
  return policies.filter(({ policy }) => tenant === undefined || policy.name.startsWith(`${tenant}/`));
}

/** Returns the names of the reconciliation policies that the operator may see. */
export function listVisiblePolicyNames(deployment: Deployment, operator: OperatorKey): string[] {
  return listVisiblePolicies(deployment, operator).map(({ policy }) => policy.name);
}
