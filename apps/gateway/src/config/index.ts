export { DEPLOYMENT, deploymentConfig } from './deployment-config.js';
export { deploymentSchema } from './deployment-schema.js';
export type { ConnectorConfig, Deployment } from './deployment.js';
export { formatDuration } from './duration.js';
export { loadDeployment } from './load-deployment.js';
export { PACKAGE_NAME, PackageProblem, PluginPackages } from './plugin-packages.js';
export { ConfigError, type Problem } from './problems.js';
export { didYouMean } from './did-you-mean.js';
export { hideSecrets } from './secrets.js';
