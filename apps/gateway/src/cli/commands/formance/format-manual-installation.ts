/**
 * Formats the installation of connectors for other tools: fctl, curl, Terraform and Kubernetes. The output contains the names of variables
 * instead of keys.
 */
import type { DesiredConnector } from '@tributary/formance';

export const PRINT_FORMATS = ['fctl', 'curl', 'terraform', 'kubernetes'] as const;
export type InstallationFormat = (typeof PRINT_FORMATS)[number];

/**
 * Formats the installation of connectors that the same Formance reads.
 * @param paymentsUrl URL of Formance's service Payments
 */
export function formatManualInstallation(
  format: InstallationFormat,
  connectors: readonly DesiredConnector[],
  paymentsUrl: string,
): string {
  switch (format) {
    case 'fctl':
      return connectors.map(formatFctl).join('\n\n');
    case 'curl':
      return connectors.map((one) => formatCurl(one, paymentsUrl)).join('\n\n');
    case 'terraform':
      return connectors.map(formatTerraform).join('\n\n');
    case 'kubernetes':
      return connectors.map((one) => formatKubernetes(one, paymentsUrl)).join('\n---\n');
  }
}

/** Converts the path of a connector to an identifier: `acme_house_bank` for `acme/house-bank`. */
function toIdentifier({ path }: DesiredConnector): string {
  return path.replace(/[^a-z0-9]/g, '_');
}

function toVariable(connector: DesiredConnector): string {
  return `TRIBUTARY_KEY_${toIdentifier(connector).toUpperCase()}`;
}

function toConfig({ name, endpoint, pollingPeriod }: DesiredConnector, apiKey: string) {
  return { name, endpoint, apiKey, pollingPeriod };
}

/** Formats commands for fctl, which reads the configuration from a file. The shell replaces the variable in the here-document. */
function formatFctl(connector: DesiredConnector): string {
  const file = `${toIdentifier(connector)}.json`;
  return [
    `# ${connector.path}: set ${toVariable(connector)} to an API key of the connector first`,
    `cat > ${file} <<END`,
    JSON.stringify(toConfig(connector, `$${toVariable(connector)}`), undefined, 2),
    'END',
    `fctl payments connectors install generic ${file} && rm ${file}`,
  ].join('\n');
}

function formatCurl(connector: DesiredConnector, paymentsUrl: string): string {
  return [
    `# ${connector.path}: set ${toVariable(connector)} to an API key of the connector, and FORMANCE_TOKEN to a token, first`,
    `curl --fail-with-body -X POST '${paymentsUrl}/v3/connectors/install/generic' \\`,
    `  -H 'Content-Type: application/json' -H "Authorization: Bearer $FORMANCE_TOKEN" --data @- <<END`,
    JSON.stringify(toConfig(connector, `$${toVariable(connector)}`)),
    'END',
  ].join('\n');
}

function formatTerraform(connector: DesiredConnector): string {
  const identifier = toIdentifier(connector);
  const { name, endpoint, pollingPeriod } = connector;
  return [
    `variable "tributary_key_${identifier}" {`,
    '  type      = string',
    '  sensitive = true',
    '}',
    '',
    `resource "stack_payments_connectors" "${identifier}" {`,
    '  credentials = {',
    `    apiKey = var.tributary_key_${identifier}`,
    '  }',
    '  config = {',
    '    provider      = "Generic"',
    `    name          = ${JSON.stringify(name)}`,
    `    endpoint      = ${JSON.stringify(endpoint)}`,
    `    pollingPeriod = ${JSON.stringify(pollingPeriod)}`,
    '  }',
    '}',
  ].join('\n');
}

/**
 * Formats a Kubernetes Job that calls Payments, because Formance's operator has no resource for a connector. Kubernetes replaces
 * `$(VARIABLE)` in the arguments.
 */
function formatKubernetes(connector: DesiredConnector, paymentsUrl: string): string {
  const variable = toVariable(connector);
  const identifier = toIdentifier(connector).replaceAll('_', '-');
  const body = JSON.stringify(toConfig(connector, `$(${variable})`));
  return [
    `# ${connector.path}: the Secret tributary-keys has the API key of the connector under ${variable}`,
    'apiVersion: batch/v1',
    'kind: Job',
    'metadata:',
    `  name: install-${identifier}`,
    'spec:',
    '  backoffLimit: 0',
    '  template:',
    '    spec:',
    '      restartPolicy: Never',
    '      containers:',
    '        - name: install',
    '          image: curlimages/curl',
    '          env:',
    `            - name: ${variable}`,
    '              valueFrom:',
    `                secretKeyRef: { name: tributary-keys, key: ${variable} }`,
    '          args:',
    '            - --fail-with-body',
    "            - '--header=Content-Type: application/json'",
    `            - '--data=${body.replaceAll("'", "''")}'`,
    `            - ${paymentsUrl}/v3/connectors/install/generic`,
  ].join('\n');
}
