/**
 * Runs the built program with five connectors, and runs the commands of its CLI. The names differ in each run, because Formance keeps the
 * data of earlier runs.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findFreePort } from '../../orders/deployment.js';
import { GatewayProcess } from '../../orders/gateway-process.js';
import { BANK_ACCOUNTS } from './bank-history.js';
import type { ServedRow } from './compare-payments.js';
import type { Balances } from './payments-server.js';
import { SCRIPTED_ACCOUNTS, toScriptedData, type ScriptedData } from './scripted-rows.js';
import type { EndToEndSettings } from './settings.js';

const PROGRAM = 'dist/program/main.js';
/** The package of the scripted PSP, and the file with its code. */
const SCRIPTED_PACKAGE = 'tributary-psp-scripted';
const SCRIPTED_PLUGIN = 'test/formance/e2e/scripted-psp.mjs';
const SCRIPTED_FILE = 'scripted.json';
const MAX_OUTPUT_BYTES = 100_000_000;
/**
 * The API keys. Formance uses the first key. The checks use the second key, because the gateway stores which rows it has served to each
 * key.
 */
const KEYS = { formance: 'the-key-that-formance-uses', checks: 'the-key-that-the-checks-use' };

/**
 * The connectors of the run. `history`: a PSP whose history is finished. `live`: a PSP with new data all the time, of which 40 % appears
 * late. `orders`: a PSP that pays. `bank`: statements in files. `scripted`: a PSP whose rows the scenario decides and changes.
 */
export type ConnectorName = 'history' | 'live' | 'orders' | 'bank' | 'scripted';

/** The connectors that a policy compares with the ledger. */
export type ReconciledConnector = 'bank' | 'scripted';

/** The pull intervals of the live PSP. The gateway pulls from this PSP only while its scenario is running. */
const PULL_INTERVALS = { live: '1s', frozen: '24h' };

export class GatewayUnderTest {
  readonly directory: string;
  /** The path of the journal in which the PSP that pays records its payments. */
  readonly journal: string;
  private readonly file: string;
  private readonly startedAt = Math.floor(Date.now() / 1000) * 1000;
  private process!: GatewayProcess;

  private constructor(
    private readonly settings: EndToEndSettings,
    private readonly run: string,
    private readonly port: number,
    private readonly names: readonly ConnectorName[],
  ) {
    this.directory = mkdtempSync(join(tmpdir(), 'tributary-e2e-'));
    this.journal = join(this.directory, 'orders.jsonl');
    this.file = join(this.directory, 'gateway.yaml');
    mkdirSync(join(this.directory, 'statements'));
    installScriptedPsp(this.directory);
    this.setScriptedData(toScriptedData([]));
  }

  /**
   * Starts the gateway.
   * @param run a short text that is different in each run
   * @param names the connectors that the run needs
   */
  static async start(
    settings: EndToEndSettings,
    run: string,
    names: readonly ConnectorName[],
  ): Promise<GatewayUnderTest> {
    const gateway = new GatewayUnderTest(settings, run, await findFreePort(), names);
    gateway.writeDeployment(PULL_INTERVALS.frozen);
    gateway.process = new GatewayProcess(gateway.file, gateway.url, join(gateway.directory, 'gateway.log'));
    await gateway.process.start();
    return gateway;
  }

  /** Returns the path of a connector. The path is also the connector's name in Formance. */
  getPath(name: ConnectorName): string {
    return `${this.run}-${name}`;
  }

  /** The name of the ledger in the deployment file. The ledger does not exist before the run. */
  get ledgerName(): string {
    return this.run;
  }

  /** The reason why the deployment file has no policies that compare connectors with the ledger; `undefined` if it has these policies. */
  get withoutPolicies(): string | undefined {
    if (this.settings.ledgerUrl === undefined) return 'FORMANCE_LEDGER_URL is not set';
    return this.settings.client && 'a policy of Tributary has a token, and no OAuth client';
  }

  /** Returns the address of the ledger account that represents an account of a connector. */
  toLedgerAccount(connector: ReconciledConnector, account: string): string {
    return `psp:${this.getPath(connector)}:${account}`;
  }

  /** Kills the program with SIGKILL, and starts it again. */
  async restart(): Promise<void> {
    await this.process.kill();
    await this.process.start();
  }

  /** Stops the program, so that Formance reads nothing new. `start` starts it again. */
  async stop(): Promise<void> {
    await this.process.stop();
  }

  async start(): Promise<void> {
    await this.process.start();
  }

  /** Starts the program again, with or without pulls from the live PSP. Without pulls, the rows of the live PSP do not change. */
  async setLiveActivity(activity: keyof typeof PULL_INTERVALS): Promise<void> {
    await this.process.stop();
    this.writeDeployment(PULL_INTERVALS[activity]);
    await this.process.start();
  }

  /**
   * Stops the program.
   * @param isKept true if its files are kept, so that a person can find the cause of a failure
   */
  async close(isKept: boolean): Promise<void> {
    await this.process.stop();
    if (!isKept) rmSync(this.directory, { recursive: true });
  }

  /**
   * Runs a command of the CLI with `--json`.
   * @returns its exit code and its output
   */
  async runCommand(...args: string[]): Promise<{ code: number; output: unknown }> {
    const { code, output, errors } = await this.execute(...args, '--json');
    if (output === '') throw new Error(`tributary ${args.join(' ')}: ${errors}`);
    return { code, output: JSON.parse(output) as unknown };
  }

  /**
   * Runs a command of the CLI that prints text.
   * @throws Error if the command fails
   */
  async runText(...args: string[]): Promise<void> {
    const { code, errors } = await this.execute(...args);
    if (code !== 0) throw new Error(`tributary ${args.join(' ')}: ${errors}`);
  }

  /**
   * Removes a connector from Formance.
   * @throws Error if the command fails
   */
  async uninstall(name: ConnectorName): Promise<void> {
    const { code, errors } = await this.execute('formance', 'uninstall', this.getPath(name), '--yes');
    if (code !== 0) throw new Error(errors);
  }

  /** Puts a statement into the directory of the bank. */
  addStatement(name: string, content: string): void {
    this.replaceFile(join('statements', name), content);
  }

  /** Sets the data of the scripted PSP. */
  setScriptedData(data: ScriptedData): void {
    this.replaceFile(SCRIPTED_FILE, JSON.stringify(data));
  }

  /** Replaces a file at once, because the gateway may be reading it. */
  private replaceFile(name: string, content: string): void {
    const path = join(this.directory, name);
    writeFileSync(`${path}.tmp`, content);
    renameSync(`${path}.tmp`, path);
  }

  async listRows(name: ConnectorName): Promise<ServedRow[]> {
    const rows: ServedRow[] = [];
    for (let page = 1; ; page++) {
      const found = (await this.read(name, `transactions?page=${page}&pageSize=1000`)) as ServedRow[];
      rows.push(...found);
      if (found.length < 1000) return rows;
    }
  }

  /** Returns the ids of the accounts or beneficiaries. */
  async listIds(name: ConnectorName, stream: 'accounts' | 'beneficiaries'): Promise<string[]> {
    return ((await this.read(name, `${stream}?pageSize=1000`)) as { id: string }[]).map(({ id }) => id);
  }

  /** Returns the balances of an account, and the time from which they are correct according to the gateway (milliseconds since 1970). */
  async findBalances(name: ConnectorName, account: string): Promise<{ at: number; balances: Balances }> {
    const { at, balances } = (await this.read(name, `accounts/${account}/balances`)) as {
      at: string;
      balances: { amount: string; currency: string }[];
    };
    return {
      at: Date.parse(at),
      balances: new Map(balances.map(({ currency, amount }) => [currency, BigInt(amount)])),
    };
  }

  private get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async read(name: ConnectorName, path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/${this.getPath(name)}/${path}`, {
      headers: { authorization: `Bearer ${KEYS.checks}` },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  private execute(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
    const command = [PROGRAM, ...args, '--config', this.file];
    return new Promise((resolve) => {
      execFile(process.execPath, command, { maxBuffer: MAX_OUTPUT_BYTES }, (error, output, errors) =>
        resolve({ code: Number(error?.code ?? 0), output, errors }),
      );
    });
  }

  private writeDeployment(livePull: string): void {
    const { gatewayHost, paymentsUrl, reconciliationUrl, token, client, pollingPeriod } = this.settings;
    const apiKeys = [
      { key: KEYS.formance, scopes: ['read', 'pay'] },
      { key: KEYS.checks, scopes: ['read'] },
    ];
    const simulated = { plugin: 'sandbox', apiKeys };
    const hostile = { lateRows: 0.4, statusChanges: 0.5, changesWithin: 20_000 };
    const connectors = {
      history: {
        ...{ ...simulated, sync: { every: '2s' } },
        settings: { seed: 11, transactions: 80, activityPerMinute: 0, accounts: 3, ...hostile },
      },
      live: {
        ...{ ...simulated, sync: { every: livePull } },
        settings: {
          ...{ seed: 12, transactions: 10, activityPerMinute: 40, accounts: 2, ...hostile },
          start: new Date(this.startedAt).toISOString().replace('.000Z', 'Z'),
        },
      },
      orders: {
        ...{ ...simulated, sync: { every: '1s' } },
        settings: {
          ...{ seed: 13, transactions: 0, activityPerMinute: 0, accounts: 3, changesWithin: 1_200_000 },
          ...{ journal: this.journal, orderFaults: 0.4, orderFates: 0.5, orderDelay: 3000 },
        },
      },
      bank: {
        ...{ plugin: 'bank-statements', apiKeys, sync: { every: '1s' } },
        settings: { directory: join(this.directory, 'statements'), timeZone: 'UTC' },
      },
      scripted: {
        ...{ plugin: SCRIPTED_PACKAGE, apiKeys, sync: { every: '1s' } },
        settings: { file: join(this.directory, SCRIPTED_FILE) },
      },
    };
    const policies = this.withoutPolicies === undefined ? this.createPolicies() : [];
    const deployment = {
      listen: { host: gatewayHost === '127.0.0.1' ? '127.0.0.1' : '0.0.0.0', port: this.port },
      store: `sqlite:${join(this.directory, 'gateway.db')}`,
      formance: {
        ...{ paymentsUrl, publicUrl: `http://${gatewayHost}:${this.port}`, pollingPeriod },
        ...(reconciliationUrl === undefined ? {} : { reconciliationUrl }),
        ledger: { name: this.ledgerName },
        ...(token === undefined ? {} : { auth: { token } }),
        ...(client === undefined
          ? {}
          : { url: client.stackUrl, auth: { clientId: client.id, clientSecret: client.secret } }),
      },
      ...(policies.length > 0 && { reconciliation: { policies } }),
      connectors: this.names.map((name) => ({ name: this.getPath(name), ...connectors[name] })),
    };
    // The deployment file is written as JSON, which is valid YAML.
    writeFileSync(this.file, JSON.stringify(deployment, undefined, 2));
  }

  /** Creates the policies that compare connectors with the ledger. The ledger has the opposite sign, as Formance Reconciliation needs it. */
  private createPolicies() {
    const { ledgerUrl, token } = this.settings;
    const accounts: Record<ReconciledConnector, readonly string[]> = {
      bank: BANK_ACCOUNTS.map(({ account }) => account),
      scripted: SCRIPTED_ACCOUNTS,
    };
    return (['bank', 'scripted'] as const)
      .filter((name) => this.names.includes(name))
      .map((name) => ({
        ...{ name, grace: { booking: '1s', settlement: '1s' } },
        ledger: {
          ...{ url: ledgerUrl, name: this.ledgerName, sign: 'opposite' },
          ...(token !== undefined && { token }),
        },
        accounts: accounts[name].map((account) => ({
          ...{ connector: this.getPath(name), account, ledgerAccount: this.toLedgerAccount(name, account) },
        })),
        rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
      }));
  }
}

/** Installs the plugin of the scripted PSP as a package beside the deployment file. */
function installScriptedPsp(directory: string): void {
  const modules = join(directory, 'node_modules');
  const target = join(modules, SCRIPTED_PACKAGE);
  mkdirSync(target, { recursive: true });
  symlinkSync(resolve('.'), join(modules, 'tributary'));
  copyFileSync(SCRIPTED_PLUGIN, join(target, 'index.mjs'));
  const manifest = { exports: './index.mjs', tributary: { interface: '2.0' } };
  writeFileSync(
    join(target, 'package.json'),
    JSON.stringify({ name: SCRIPTED_PACKAGE, version: '1.0.0', ...manifest }),
  );
}
