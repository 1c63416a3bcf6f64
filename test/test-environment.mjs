/**
 * Jest's environment for Node, in worker processes that end at once when they have nothing left to do.
 *
 * A worker has loaded the modules of about 80 spec files. At a normal end Node frees each of these objects, which takes longer than the
 * half second after which jest ends a worker by force and warns of a leak. `beforeExit` is not emitted while a handle is open, so a spec
 * that leaves a server, a connection or a timer behind still causes the warning.
 */
import { TestEnvironment } from 'jest-environment-node';

const isWorker = process.send !== undefined;
if (isWorker) process.once('beforeExit', () => process.exit());

export default TestEnvironment;
