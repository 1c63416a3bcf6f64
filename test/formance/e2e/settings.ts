/** Reads the environment variables and options of `npm run e2e:formance`. */
import { parseArgs } from 'node:util';

export interface EndToEndSettings {
  paymentsUrl: string;
  ledgerUrl?: string;
  reconciliationUrl?: string;
  /** The URL of the PostgreSQL database of Payments; absent if the tests must not change it. */
  paymentsDatabase?: string;
  /** The token for the services; absent for services without authentication, and with an OAuth client. */
  token?: string;
  /** The OAuth client of a Stack; absent for services without authentication, and with a token. */
  client?: { stackUrl: string; id: string; secret: string };
  /** The host under which Formance reaches the gateway. */
  gatewayHost: string;
  /** The polling period as a Go duration. If the minimum of the server is higher, the server uses its minimum. */
  pollingPeriod: string;
  /** The shell commands that stop and start the worker of Payments; absent if the worker cannot be stopped. */
  worker?: { stop: string; start: string };
  /** The time in milliseconds for which the worker is stopped. */
  workerStopMs: number;
  /** The names of the scenarios to run. If the list is empty, all scenarios run. */
  only: readonly string[];
  orders: number;
  kills: number;
  /** The maximum time in milliseconds until Formance must show a result. */
  timeoutMs: number;
}

/**
 * Reads the settings.
 * @returns `undefined` if the variable FORMANCE_PAYMENTS_URL is not set
 * @throws Error for an option that is unknown or not a number
 */
export function readSettings(
  variables: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): EndToEndSettings | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      orders: { type: 'string', default: '32' },
      kills: { type: 'string', default: '6' },
      'worker-stop-seconds': { type: 'string', default: '45' },
      'timeout-minutes': { type: 'string', default: '15' },
    },
  });
  const paymentsUrl = variables['FORMANCE_PAYMENTS_URL'];
  if (!paymentsUrl) return undefined;
  const { FORMANCE_LEDGER_URL: ledgerUrl, FORMANCE_RECONCILIATION_URL: reconciliationUrl } = variables;
  const { FORMANCE_PAYMENTS_DATABASE: paymentsDatabase } = variables;
  const { FORMANCE_TOKEN: token, FORMANCE_WORKER_STOP: stop, FORMANCE_WORKER_START: start } = variables;
  if (Boolean(stop) !== Boolean(start))
    throw new Error('FORMANCE_WORKER_STOP and FORMANCE_WORKER_START must be set together');
  const client = readClient(variables);
  if (token && client) throw new Error('FORMANCE_TOKEN and FORMANCE_CLIENT_ID exclude each other');
  return {
    paymentsUrl,
    ...(client ? { client } : {}),
    ...(ledgerUrl ? { ledgerUrl } : {}),
    ...(reconciliationUrl ? { reconciliationUrl } : {}),
    ...(paymentsDatabase ? { paymentsDatabase } : {}),
    ...(token ? { token } : {}),
    ...(stop && start ? { worker: { stop, start } } : {}),
    gatewayHost: variables['GATEWAY_HOST'] || '127.0.0.1',
    pollingPeriod: variables['FORMANCE_POLLING_PERIOD'] || '5s',
    only: values.only.split(',').filter((name) => name !== ''),
    orders: parseCount('orders', values.orders),
    kills: parseCount('kills', values.kills),
    workerStopMs: parseCount('worker-stop-seconds', values['worker-stop-seconds']) * 1000,
    timeoutMs: parseCount('timeout-minutes', values['timeout-minutes']) * 60_000,
  };
}

/** @throws Error if only some of the three variables of a client are set */
function readClient(
  variables: Readonly<Record<string, string | undefined>>,
): EndToEndSettings['client'] | undefined {
  const names = ['FORMANCE_URL', 'FORMANCE_CLIENT_ID', 'FORMANCE_CLIENT_SECRET'] as const;
  const [stackUrl, id, secret] = names.map((name) => variables[name]);
  if (!stackUrl && !id && !secret) return undefined;
  if (!stackUrl || !id || !secret) throw new Error(`${names.join(', ')} must be set together`);
  return { stackUrl, id, secret };
}

function parseCount(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} is "${text}"; expected a number from 1`);
  return Number(text);
}
