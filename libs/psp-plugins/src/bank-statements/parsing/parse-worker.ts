/** The program of the worker thread that parses a large file. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SerializedKeyCounts } from '../checking/key-counts.js';
import { parseInSteps } from './parse-in-worker.js';
import type { ParseTask } from './parse-in-worker.js';

const steps = parseInSteps(workerData as ParseTask);
let step = steps.next();
while (!step.done) step = steps.next();
const transferList = step.value.kind === 'parsed' ? listBuffers(step.value.keyCounts) : [];
parentPort?.postMessage(step.value, transferList);

function listBuffers({ repeatedGroups, entries, repeatedReferences }: SerializedKeyCounts): ArrayBuffer[] {
  return [repeatedGroups.buffer, entries.buffer, repeatedReferences.buffer];
}
