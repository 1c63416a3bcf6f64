export { assertDirectoriesExist } from './assert-directories-exist.js';
export { DEPLOYMENT, createDeploymentModule } from './deployment.provider.js';
export { createDeploymentSchema } from './deployment-json-schema.js';
export type { ConnectorConfig, Deployment } from './settings/loaded-deployment.types.js';
export type { FormanceConfig } from './settings/formance-settings.js';
export type { ReconciliationPolicyConfig } from './settings/reconciliation-parser.js';
export { formatDuration, parseDuration } from './settings/duration.js';
export {
  fingerprintSources,
  loadDeployment,
  loadDeploymentWithoutSecrets,
  loadDeploymentWithSecrets,
  type LoadedDeployment,
} from './load-deployment.js';
export type { StaleSecret } from './secrets/remote-secrets.js';
export { PACKAGE_NAME_PATTERN, PluginPackageError, PluginPackages } from './plugins/plugin-packages.js';
export { ConfigError, type ConfigProblem } from './file/config-problems.js';
export { suggestSimilarName } from './settings/suggest-similar-name.js';
export { redactSecrets } from './file/secret-redactor.js';
