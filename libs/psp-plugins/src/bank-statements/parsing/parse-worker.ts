/** The program of the worker thread that parses a large file. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseInSteps } from './parse-in-worker.js';
import type { ParseTask } from './parse-in-worker.js';

const steps = parseInSteps(workerData as ParseTask);
let step = steps.next();
while (!step.done) step = steps.next();
const transferList = step.value.kind === 'parsed' ? [step.value.digests.buffer] : [];
parentPort?.postMessage(step.value, transferList);
