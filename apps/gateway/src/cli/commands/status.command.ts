/** The command `tributary status` shows, in the terminal, the state of every stream and everything that a person must examine. */
import { formatTime } from '@tributary/connector-api';
import { InvalidArgumentError, type Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDuration, type Deployment } from '../../config/index.js';
import { COLOR_STYLE, PLAIN_STYLE } from '../../logging/text-style.js';
import { findAttentionItems } from '../../operator/find-attention-items.js';
import { readStreamStatus } from '../../operator/stream-status.js';
import {
  createConfigOption,
  formatExamples,
  parseConnectorArgument,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { createStopSignal } from '../shared/stop-signal.js';
import { withStore } from '../shared/with-store.js';
import type { Store } from '@tributary/feed';
import { formatStatus, type DeploymentStatus } from './format-status.js';

interface StatusOptions extends ConfigOption {
  watch?: number | true;
  json?: true;
}

const DEFAULT_WATCH_INTERVAL_MS = 2_000;
const MIN_WATCH_INTERVAL_MS = 500;
/** The control sequence that moves the cursor to the first line and clears the screen. */
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export function registerStatusCommand({ program, terminal, load }: CommandContext): void {
  const command: Command = program
    .command('status')
    .description('Show what needs a person, and the state of every stream. Works while gateways run.')
    .argument('[connector]', 'its path; all connectors without it')
    .addOption(createConfigOption())
    .option('--watch [interval]', 'again and again, e.g. every 5s, until Ctrl-C', parseInterval)
    .option('--json', 'one JSON object; with --watch one line each time')
    .addHelpText('after', formatExamples('tributary status --watch --config gateway.yaml'));
  command.action(async (connector: string | undefined, { config, watch, json }: StatusOptions) => {
    const deployment = await load(config);
    const path = parseConnectorArgument(deployment, connector);
    const print = (status: DeploymentStatus) => {
      if (json) return terminal.out(JSON.stringify(status, undefined, watch === undefined ? 2 : undefined));
      const isTerminal = process.stdout.isTTY === true;
      const style = isTerminal && process.env['NO_COLOR'] === undefined ? COLOR_STYLE : PLAIN_STYLE;
      terminal.out(`${watch !== undefined && isTerminal ? CLEAR_SCREEN : ''}${formatStatus(status, style)}`);
    };
    await withStore(deployment, async (store) => {
      if (watch === undefined) return print(await readStatus(deployment, store, path));
      const stop = createStopSignal();
      while (!stop.aborted) {
        print(await readStatus(deployment, store, path));
        const intervalMs = watch === true ? DEFAULT_WATCH_INTERVAL_MS : watch;
        await sleep(intervalMs, undefined, { signal: stop }).catch(() => undefined);
      }
    });
  });
}

async function readStatus(
  { connectors }: Deployment,
  store: Store,
  path: string | undefined,
): Promise<DeploymentStatus> {
  const shown = connectors.filter((connector) => path === undefined || connector.path === path);
  const paths = shown.map((connector) => connector.path);
  const streams = await readStreamStatus(store, paths);
  return {
    at: formatTime(await store.currentTime()),
    attention: await findAttentionItems(store, paths),
    connectors: shown.map(({ path: connector, plugin }) => ({
      ...{ connector, plugin: plugin.name, streams: streams(connector) },
    })),
  };
}

function parseInterval(text: string): number {
  const intervalMs = parseDuration(text);
  if (intervalMs === undefined || intervalMs < MIN_WATCH_INTERVAL_MS)
    throw new InvalidArgumentError('Expected a duration from 500ms, e.g. 5s.');
  return intervalMs;
}
