/** Checks docs/reference/log-fields.md against the calls of the logger in the code. Every message and every field must be documented. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { listTableRows, readPage, ROOT } from './markdown-pages.js';

interface LogCall {
  file: string;
  /** The string literals of the message. The list is empty if the message is computed elsewhere. */
  message: string;
  fields: string[];
}

/** The file that forwards the messages of Nest. These messages are not part of this repository. */
const FORWARDING_FILE = 'nest-logger.ts';
/** Matches a message that contains words, and not only values. */
const HAS_WORDS_PATTERN = /[a-z]{3}/i;
const LOGGER_PATTERN = /\blogger(?:\.(?:debug|info|warn|error)|\[level\])$/;

const PAGE = readPage('docs/reference/log-fields.md');
const calls = ['apps/gateway/src', 'libs'].flatMap(listSourceFiles).flatMap(listLogCalls);
const documentedWords = listTableRows(PAGE).flatMap((cells) =>
  cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)),
);

it('finds the calls of the logger', () => expect(calls.length).toBeGreaterThan(20));

it('every field of a log line is documented', () => {
  const undocumented = calls.flatMap(({ file, fields }) =>
    fields.filter((field) => !documentedWords.includes(field)).map((field) => `${file}: ${field}`),
  );
  expect(undocumented).toEqual([]);
});

it('every number that a pull reports is documented', () => {
  const types = readPage('libs/feed/src/types/sync-run.types.ts');
  const [, body = ''] = /export interface SyncRun \{\n(.*?)\n\}/s.exec(types) ?? [];
  const fields = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field = '']) => field);
  expect(fields).toContain('duration');
  expect(fields.filter((field) => !documentedWords.includes(field))).toEqual([]);
});

it('every message of a log line is documented', () => {
  const words = documentedMessages();
  const undocumented = calls
    .filter(({ message }) => HAS_WORDS_PATTERN.test(message) && !words.some((part) => message.includes(part)))
    .map(({ file, message }) => `${file}: ${message}`);
  expect(undocumented).toEqual([]);
});

it('every documented message is in the code', () => {
  const messages = calls.map(({ message }) => message);
  const missing = documentedMessages().filter((words) => !messages.some((text) => text.includes(words)));
  expect(documentedMessages().length).toBeGreaterThan(15);
  expect(missing).toEqual([]);
});

/** Returns the words in backticks in the first column of the tables that list messages. */
function documentedMessages(): string[] {
  return PAGE.split(/\n{2,}/)
    .filter((block) => block.startsWith('| message'))
    .flatMap((table) => listTableRows(table).slice(2))
    .flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words));
}

function listSourceFiles(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && name !== FORWARDING_FILE)
    .map(({ parentPath, name }) => join(parentPath, name));
}

function listLogCalls(file: string): LogCall[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: LogCall[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && LOGGER_PATTERN.test(node.expression.getText())) {
      const { arguments: parameters } = node;
      found.push({
        file: file.slice(ROOT.length + 1),
        message: parameters.flatMap(listLiterals).join('…'),
        fields: parameters.flatMap(listFieldNames),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function listFieldNames(node: ts.Node): string[] {
  if (!ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap(({ name }) => (name === undefined ? [] : [name.getText()]));
}

/** Returns the literal parts of a message. The properties of an object are fields, not parts of the message. */
function listLiterals(node: ts.Node): string[] {
  if (ts.isObjectLiteralExpression(node)) return [];
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
    return [node.text];
  return node
    .getChildren()
    .flatMap((child) => (child.kind === ts.SyntaxKind.CallExpression ? [] : listLiterals(child)));
}
