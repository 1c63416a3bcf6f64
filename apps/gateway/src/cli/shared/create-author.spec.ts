/** Tests the command line in a container whose user id has no name. */
import { jest } from '@jest/globals';
import { Command } from 'commander';
import * as os from 'node:os';
import type { CommandContext } from './command-context.js';

jest.unstable_mockModule('node:os', () => ({
  ...os,
  userInfo: () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  },
}));
const { registerReconcileCommand } = await import('../commands/reconcile.command.js');

it('names the user by the id', () => {
  const program = new Command();
  registerReconcileCommand({ program } as CommandContext);
  const comment = program.commands[0]?.commands.find((command) => command.name() === 'comment');
  expect(comment?.opts()).toMatchObject({ by: `user ${process.getuid?.()}` });
});
