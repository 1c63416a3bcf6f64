/** The built program, which tests run in processes of its own. */
import { existsSync } from 'node:fs';

export const BUILT_PROGRAM = 'dist/program/main.js';

/** @throws Error if the file or directory does not exist. Without this check, a test would wait until its time limit. */
export function assertBuilt(path: string): void {
  if (!existsSync(path)) throw new Error(`${path} does not exist: run "npm run build" first`);
}
