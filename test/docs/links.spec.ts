/** Checks the pages of the documentation: their links, their first lines, and the index of words. */
import {
  findLinkProblem,
  listAnchors,
  listDocsPages,
  listLinks,
  listPages,
  readPage,
} from './markdown-pages.js';

const INDEX = 'docs/README.md';

it('finds broken links', () => {
  expect(findLinkProblem(INDEX, 'reference/cli.md#exit-codes')).toBeUndefined();
  expect(findLinkProblem(INDEX, '../README.md')).toBeUndefined();
  expect(findLinkProblem(INDEX, 'https://example.com/nothing')).toBeUndefined();
  expect(findLinkProblem(INDEX, 'reference/nothing.md')).toContain('does not exist');
  expect(findLinkProblem(INDEX, 'reference/cli.md#nothing')).toContain('#nothing');
  expect([...listAnchors('# A `b`, c\n\n```\n# code\n```\n\n## A b c\n')]).toEqual(['a-b-c', 'a-b-c-1']);
  expect(listLinks('[a](b.md "title") `[c](d.md)` ![e](f.png)').map(({ target }) => target)).toEqual([
    'b.md',
    'f.png',
  ]);
});

it.each(listPages())('every link and anchor of %s resolves', (page) => {
  const problems = listLinks(readPage(page)).flatMap(({ target, line }) => {
    const problem = findLinkProblem(page, target);
    return problem === undefined ? [] : [`${page}:${line}: ${target}: ${problem}`];
  });
  expect(problems).toEqual([]);
});

it.each(listDocsPages())('%s says in its first line who needs it', (page) => {
  const [title, blank, audience] = readPage(page).split('\n');
  expect([title, blank, audience]).toEqual([
    expect.stringMatching(/^# \S/),
    '',
    expect.stringMatching(/^For \S.*\.$/),
  ]);
});

it.each(listPages())('%s contains no markers of a merge', (page) => {
  const markers = readPage(page)
    .split('\n')
    .filter((line) => /^(?:<{3,}|={3,}|>{3,}|> > >)(?:\s|$)/.test(line));
  expect(markers).toEqual([]);
});

it('every page is in the index, or in the list of decisions that the index names', () => {
  const indexed = new Set(
    [
      ['docs', INDEX],
      ['docs/decisions', 'docs/decisions/README.md'],
    ].flatMap(([directory, page = '']) =>
      listLinks(readPage(page)).map(({ target }) => `${directory}/${target.split('#')[0]}`),
    ),
  );
  expect(listDocsPages().filter((page) => page !== INDEX && !indexed.has(page))).toEqual([]);
});

/** The words for which users search. The index must lead from each word to a page. */
const SEARCHED_WORDS = [
  ...['alert', 'API key', 'backup', 'balance', 'beneficiary', 'configuration', 'decision', 'error code'],
  ...['exit code', 'feed', 'idempotency key', 'install', 'lag', 'limit', 'load balancer', 'log', 'metric'],
  ...['migration', 'monitoring', 'payout', 'plugin', 'PostgreSQL', 'quarantine', 'rate limit', 'restore'],
  ...['retry', 'scope', 'secret', 'shutdown', 'SQLite', 'tenant', 'timeout', 'TLS', 'transfer'],
  ...['troubleshooting', 'upgrade', 'webhook'],
];

it.each(SEARCHED_WORDS)('the word "%s" leads from the index to a page', (word) => {
  const index = readPage(INDEX);
  const words = index.slice(index.indexOf('## Index of words'));
  const row = words.split('\n').find((line) => line.startsWith(`| ${word} `));
  expect(row).toMatch(/\]\([a-z-]+\/[\w-]+\.md(?:#[a-z0-9-]+)?\)/);
});

it('the index has the four headings', () => {
  const headings = [...readPage(INDEX).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['Start', 'Guides', 'Reference', 'Explanation', 'Index of words']);
});
