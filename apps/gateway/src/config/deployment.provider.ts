/** Provides the deployment to Nest classes: `@Inject(DEPLOYMENT) deployment: Deployment`, or `ConfigService.get('deployment')`. */
import type { DynamicModule } from '@nestjs/common';
import { ConfigModule, getConfigToken, registerAs } from '@nestjs/config';
import type { Deployment } from './settings/loaded-deployment.types.js';

const NAMESPACE = 'deployment';

export const DEPLOYMENT = getConfigToken(NAMESPACE);

/** Creates the Nest module for the deployment. The deployment file is the only source: `.env` and the environment are not read. */
export function createDeploymentModule(deployment: Deployment): Promise<DynamicModule> {
  return ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    skipProcessEnv: true,
    load: [registerAs(NAMESPACE, () => deployment)],
  });
}
