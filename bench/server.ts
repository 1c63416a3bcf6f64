/** Starts the servers under measurement as child processes that report their CPU time. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const REPORTER = new URL('./cpu.js', import.meta.url).href;

export interface Server {
  name: string;
  origin: string;
  /** Returns the CPU time so far in microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

export async function startBaseline(kind: string, files: readonly string[]): Promise<Server> {
  const child = fork(fileURLToPath(new URL('./baselines.js', import.meta.url)), [kind, ...files], {
    execArgv: ['--import', REPORTER],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return server(kind, child, `http://127.0.0.1:${port}`);
}

/** Starts the built gateway with a deployment file. */
export async function startGateway(configFile: string, origin: string): Promise<Server> {
  const child = fork('dist/apps/gateway/src/main.js', ['serve', '--config', configFile], {
    execArgv: ['--import', REPORTER],
    silent: true,
  });
  let log = '';
  child.stdout?.on('data', (text: Buffer) => (log += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (log += text.toString()));
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${log}`);
    if (await answers(origin)) return server('gateway', child, origin);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway did not start within 20 s:\n${log}`);
}

async function answers(origin: string): Promise<boolean> {
  return fetch(origin).then(
    () => true,
    () => false,
  );
}

function server(name: string, child: ChildProcess, origin: string): Server {
  return {
    name,
    origin,
    cpu: async () => {
      child.send('cpu');
      const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }];
      return cpu;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    },
  };
}
