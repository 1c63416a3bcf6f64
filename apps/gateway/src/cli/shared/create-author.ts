/** Creates the author of a change that is made with the command line, for the audit log. */
import type { OperatorAuthor } from '@tributary/feed';
import { userInfo } from 'node:os';
import type { Deployment } from '../../config/index.js';

/**
 * Creates the author of a change to a connector.
 * @param path path of the connector. The connector may have been removed from the deployment file
 */
export function createAuthor({ connectors }: Deployment, path: string): OperatorAuthor {
  const tenant =
    connectors.find((connector) => connector.path === path)?.tenant ??
    (path.includes('/') ? path.split('/', 1)[0] : undefined);
  return {
    ...{ by: findUserName(), via: 'command-line', connector: path },
    ...(tenant !== undefined && { tenant }),
  };
}

/** Returns the name of the user who runs the program. If the user id has no name, which is possible in a container, the id is returned. */
export function findUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
