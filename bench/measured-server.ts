/** Starts the servers that are measured as child processes. The processes report their CPU time. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CPU_REPORTER_URL = new URL('./report-cpu-time.js', import.meta.url).href;

export interface MeasuredServer {
  name: string;
  origin: string;
  /** Returns the CPU time used so far in microseconds. */
  cpuMicroseconds(): Promise<number>;
  stop(): Promise<void>;
}

export async function startBaseline(kind: string, files: readonly string[]): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(new URL('./baseline-servers.js', import.meta.url)), [kind, ...files], {
    execArgv: ['--import', CPU_REPORTER_URL],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return createServer(kind, child, `http://127.0.0.1:${port}`);
}

/** Starts the built gateway with a deployment file. */
export async function startGateway(configFile: string, origin: string): Promise<MeasuredServer> {
  const child = fork('dist/program/main.js', ['serve', '--config', configFile], {
    execArgv: ['--import', CPU_REPORTER_URL],
    silent: true,
  });
  let log = '';
  child.stdout?.on('data', (text: Buffer) => (log += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (log += text.toString()));
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${log}`);
    if (await isReachable(origin)) return createServer('gateway', child, origin);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway did not start within 20 s:\n${log}`);
}

async function isReachable(origin: string): Promise<boolean> {
  return fetch(origin).then(
    () => true,
    () => false,
  );
}

function createServer(name: string, child: ChildProcess, origin: string): MeasuredServer {
  return {
    name,
    origin,
    cpuMicroseconds: async () => {
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
