/** `tributary keys new`: creates an API key. */
import { formatKeyHash, generateApiKey } from '@tributary/auth';
import { formatExamples, type CommandContext } from '../shared/command-context.js';

export function registerKeysCommand({ program, terminal }: CommandContext): void {
  program
    .command('keys')
    .description('API keys.')
    .command('new')
    .description('Make an API key: it is shown once, with its hash for the deployment file.')
    .addHelpText('after', formatExamples('tributary keys new'))
    .action(() => terminal.out(formatNewKey(generateApiKey())));
}

function formatNewKey(key: string): string {
  return [
    'The key for the client (in Formance: apiKey). It is shown only once:',
    `  ${key}`,
    'Its hash, for the deployment file, under apiKeys:',
    `  - "${formatKeyHash(key)}"`,
  ].join('\n');
}
