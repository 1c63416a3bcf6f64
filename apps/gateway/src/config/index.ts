export { assertDirectoriesExist } from './assert-directories-exist.js';
export { createDeploymentSchema } from './deployment-json-schema.js';
export type { ConnectorConfig, Deployment } from './settings/deployment.js';
export { formatDuration } from './settings/duration.js';
export { loadDeployment } from './load-deployment.js';
export { PACKAGE_NAME_PATTERN, PluginPackageError, PluginPackages } from './plugins/plugin-packages.js';
export { ConfigError, type ConfigProblem } from './file/config-problems.js';
export { suggestSimilarName } from './settings/suggest-similar-name.js';
export { redactSecrets } from './file/secret-redactor.js';
