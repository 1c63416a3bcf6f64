/** The command `tributary schema` prints the JSON Schema of the deployment file, or the OpenAPI document of the operator API. */
import type { Plugin } from '@tributary/connector-api';
import { plugins } from '@tributary/psp-plugins';
import {
  createDeploymentSchema,
  PACKAGE_NAME_PATTERN,
  PluginPackageError,
  PluginPackages,
} from '../../config/index.js';
import { OPERATOR_ENDPOINTS } from '../../operator/endpoints/index.js';
import { createOperatorDocument } from '../../operator/openapi-document.js';
import { readPackageVersion } from '../../package-version.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import { formatExamples, type CommandContext } from '../shared/command-context.js';

export function registerSchemaCommand({ program, terminal }: CommandContext): void {
  program
    .command('schema')
    .description('Print the JSON Schema of the deployment file, for editors.')
    .argument('[packages...]', 'installed packages whose plugins it describes too')
    .option('--operator-api', 'the OpenAPI document of the operator API instead')
    .addHelpText('after', formatExamples('tributary schema > deployment.schema.json', SCHEMA_EXAMPLE))
    .action((names: string[], { operatorApi }: { operatorApi?: true }) => {
      if (operatorApi) {
        const document = createOperatorDocument(OPERATOR_ENDPOINTS, readPackageVersion());
        return terminal.out(JSON.stringify(document, undefined, 2));
      }
      // Packages are searched from the working directory, as if it contained the deployment file.
      const packages = new PluginPackages('deployment.yaml');
      const described = new Map(names.map((name) => [name, loadPackagePlugin(packages, name)]));
      terminal.out(JSON.stringify(createDeploymentSchema(plugins, described), undefined, 2));
    });
}

function loadPackagePlugin(packages: PluginPackages, name: string): Plugin {
  // Other names are rejected here, because the error for a missing package would tell the user to install it from npm.
  if (!PACKAGE_NAME_PATTERN.test(name))
    throw new CliError(`"${name}" ${INVALID_PACKAGE_NAME_MESSAGE}`, EXIT_CODES.usage);
  try {
    return packages.load(name);
  } catch (error) {
    throw error instanceof PluginPackageError
      ? new CliError(`${name}: ${error.message}`, EXIT_CODES.failed)
      : error;
  }
}

const INVALID_PACKAGE_NAME_MESSAGE =
  'is not a package name; expected a name in a scope, or "tributary-psp-…". The schema always includes the plugins of the gateway.';
const SCHEMA_EXAMPLE = 'tributary schema @acme/tributary-psp-foo > deployment.schema.json';
