/** Finds the policies for a subcommand of `tributary reconcile`. */
import { suggestSimilarName, type Deployment, type ReconciliationPolicyConfig } from '../../config/index.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';

export const POLICY_ARGUMENT_HELP = 'its name, e.g. house-bank or acme/house-bank; all policies without it';

/**
 * Returns the policy with this name, or all policies.
 * @throws CliError when the deployment has no policy, or no policy with this name
 */
export function selectPolicies(
  { policies }: Deployment,
  name: string | undefined,
): ReconciliationPolicyConfig[] {
  if (policies.length === 0)
    throw new CliError(
      'The deployment file has no policies; add them to reconciliation.policies.',
      EXIT_CODES.usage,
    );
  const found = policies.filter(({ policy }) => name === undefined || policy.name === name);
  if (found.length > 0 || name === undefined) return found;
  const known = policies.map(({ policy }) => policy.name);
  const hint = suggestSimilarName(name, known) || ` There are: ${known.join(', ')}.`;
  throw new CliError(`There is no policy ${JSON.stringify(name)}.${hint}`, EXIT_CODES.usage);
}

/**
 * Returns the names of these policies.
 * @throws CliError when the deployment has no policy, or no policy with this name
 */
export function selectPolicyNames(deployment: Deployment, name?: string): string[] {
  return selectPolicies(deployment, name).map(({ policy }) => policy.name);
}
