/** The commands `tributary formance doctor` and `status` show the state of the connectors in Formance, their faults, and advice. */
import { diagnoseConnector, resumeSchedules } from '@tributary/formance';
import type { Command } from 'commander';
import type { Deployment } from '../../../config/index.js';
import { EXIT_CODES } from '../../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../../shared/command-context.js';
import { collectDiagnosisFacts } from './collect-diagnosis-facts.js';
import { withPaymentsClient } from './connect-to-formance.js';
import { groupByFormance } from './group-by-formance.js';
import {
  formatDiagnosisFindings,
  formatFormanceStatus,
  toDiagnosisJson,
  type Diagnosis,
} from './format-diagnosis.js';

interface DiagnoseOptions extends ConfigOption {
  json?: true;
  resume?: true;
}

export function registerFormanceStatusCommand(formance: Command, { terminal, load }: CommandContext): void {
  formance
    .command('status')
    .description('Show for each stream how many rows Formance does not have, and when it last asked.')
    .argument('[connectors...]', 'their paths; all connectors without them')
    .addOption(createConfigOption())
    .option('--json', 'one JSON array')
    .addHelpText('after', formatExamples('tributary formance status --config gateway.yaml'))
    .action(async (paths: string[], { config, json }: DiagnoseOptions) => {
      const diagnoses = await diagnose(await load(config), paths, false);
      terminal.out(
        json ? JSON.stringify(toDiagnosisJson(diagnoses), undefined, 2) : formatFormanceStatus(diagnoses),
      );
    });
}

export function registerDoctorCommand(formance: Command, { terminal, result, load }: CommandContext): void {
  formance
    .command('doctor')
    .description('Find out why a connector does not work in Formance, and say what to do.')
    .argument('[connectors...]', 'their paths; all connectors without them')
    .addOption(createConfigOption())
    .option('--resume', 'resume schedules that Formance has paused, then look again')
    .option('--json', 'one JSON array')
    .addHelpText('after', formatExamples('tributary formance doctor --config gateway.yaml'))
    .action(async (paths: string[], { config, json, resume }: DiagnoseOptions) => {
      const diagnoses = await diagnose(await load(config), paths, resume ?? false);
      terminal.out(
        json
          ? JSON.stringify(toDiagnosisJson(diagnoses), undefined, 2)
          : `${formatFormanceStatus(diagnoses)}\n${formatDiagnosisFindings(diagnoses)}`,
      );
      if (diagnoses.some(({ findings }) => findings.length > 0)) result.exitCode = EXIT_CODES.incomplete;
    });
}

async function diagnose(
  deployment: Deployment,
  paths: readonly string[],
  isResuming: boolean,
): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = [];
  for (const group of groupByFormance(deployment, paths)) {
    let facts = await collectDiagnosisFacts(deployment, group);
    const paused = facts.flatMap(({ formance }) =>
      formance.kind === 'found' && formance.paused.length > 0 ? [formance] : [],
    );
    if (isResuming && paused.length > 0) {
      await withPaymentsClient(deployment, group, async (client) => {
        for (const found of paused) await resumeSchedules(client, found);
      });
      facts = await collectDiagnosisFacts(deployment, group);
    }
    diagnoses.push(...facts.map((each) => ({ facts: each, findings: diagnoseConnector(each) })));
  }
  return diagnoses;
}
