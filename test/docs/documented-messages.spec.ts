/**
 * Checks that the messages in the tables of the start pages and guides exist in the program, so that users find a message when they search
 * for it. The character `…` in a documented message stands for a variable part.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page whose messages come from Formance. They are not checked. */
const FORMANCE_PAGE = 'docs/start/connect-formance.md';
const MIN_WORDS = 4;
const MIN_FRAGMENT_LENGTH = 7;

const pages = [...listFiles('docs/start', '.md'), ...listFiles('docs/guides', '.md')].filter(
  (page) => page !== FORMANCE_PAGE,
);
const messages = pages.flatMap((page) =>
  readMessages(readFileSync(page, 'utf8')).map((message) => ({ page, message })),
);
const sources = ['apps', 'libs', 'bin']
  .flatMap((directory) => [...listFiles(directory, '.ts'), ...listFiles(directory, '.js')])
  .filter((file) => !file.endsWith('.spec.ts'))
  .map((file) => joinStrings(readFileSync(file, 'utf8')));

it('finds the messages of the troubleshooting page', () => {
  expect(messages.filter(({ page }) => page.endsWith('troubleshooting.md')).length).toBeGreaterThan(8);
});

it.each(messages)('$page: $message', ({ message }) => {
  const missing = splitMessage(message).filter((part) => !sources.some((source) => source.includes(part)));
  expect(missing).toEqual([]);
});

function listFiles(directory: string, extension: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(directory, name));
}

/** Returns the sentences in code style in the first column of the tables. */
function readMessages(page: string): string[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
    .filter((code) => code.split(' ').length >= MIN_WORDS);
}

/** Returns the constant parts of a message. A part after a colon can come from another place in the code. */
function splitMessage(message: string): string[] {
  return message
    .split(/…|: /)
    .map((part) => part.trim())
    .filter((part) => part.length >= MIN_FRAGMENT_LENGTH);
}

/** Joins the parts of strings that are concatenated with `+` over several lines. */
function joinStrings(source: string): string {
  return source.replace(/['`"]\s*\+\s*['`"]/g, '');
}
