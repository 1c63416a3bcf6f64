/** Installs the connectors and the pools in Formance. A second run of the installation must change nothing. */
import type { ScenarioContext } from '../scenario-context.js';

export async function install({ gateway, results }: ScenarioContext): Promise<void> {
  for (const [command, first] of [
    ['install', 'installed'],
    ['pools', 'created'],
  ] as const) {
    results.add(`formance ${command}`, await findOtherOutcomes(command, first));
    results.add(`formance ${command}, again`, await findOtherOutcomes(command, 'unchanged'));
  }

  async function findOtherOutcomes(command: string, wanted: string): Promise<string[]> {
    const { code, output } = await gateway.runCommand('formance', command);
    const outcomes = output as { path: string; outcome: string }[];
    return [
      ...(code === 0 ? [] : [`exit code ${code}`]),
      ...outcomes
        .filter(({ outcome }) => outcome !== wanted)
        .map((one) => `${one.path}: ${JSON.stringify(one)} instead of ${wanted}`),
    ];
  }
}
