/**
 * Jest's environment for Node, for worker processes that end at once when they have no more work.
 *
 * A worker has loaded the modules of about 80 spec files. When Node ends normally, it frees all these objects. This takes longer than half
 * a second, and after half a second jest kills the worker and warns of a leak. The event `beforeExit` is not emitted while a handle is
 * open. So jest still warns if a spec leaves a server, a connection or a timer open.
 */
import { TestEnvironment } from 'jest-environment-node';

const isWorker = process.send !== undefined;
if (isWorker) process.once('beforeExit', () => process.exit());

export default TestEnvironment;
