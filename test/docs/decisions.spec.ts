/** Checks that every decision record has the same parts, and that the list of decisions matches the records. */
import { listDocsPages, listTableRows, readPage } from './markdown-pages.js';

const LIST = 'docs/decisions/README.md';
const records = listDocsPages().filter((page) => page.startsWith('docs/decisions/') && page !== LIST);
const STATUS_PATTERN = /^(?:accepted|rejected|superseded by \d{4})$/;

it.each(records)('%s has a number, a status, a date, a commit and the four sections', (page) => {
  const text = readPage(page);
  const [number = ''] = /\d{4}(?=-)/.exec(page) ?? [];
  expect(text.split('\n')[0]).toMatch(new RegExp(`^# ADR ${number}: \\S`));
  const facts = Object.fromEntries(
    [...text.matchAll(/^- (Number|Status|Date|Verified at commit): (.+)$/gm)].map(([, name = '', value]) => [
      name,
      value,
    ]),
  );
  expect(facts).toEqual({
    Number: number,
    Status: expect.stringMatching(STATUS_PATTERN),
    Date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    'Verified at commit': expect.stringMatching(/^`[0-9a-f]{7,}`/),
  });
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, section]) => section);
  for (const section of ['Context', 'Decision', 'Consequences', 'Rejected options']) {
    expect(sections).toContain(section);
  }
});

it('the list contains every record with its title, status and date', () => {
  const listed = listTableRows(readPage(LIST)).filter(([number = '']) => /^\d{4}$/.test(number));
  const expected = records.map((page) => {
    const text = readPage(page);
    const [, number = '', title = ''] = /^# ADR (\d{4}): (.+)$/m.exec(text) ?? [];
    const link = `[${title}](${page.replace('docs/decisions/', '')})`;
    return [number, link, readFact(text, 'Status'), readFact(text, 'Date')];
  });
  expect(listed).toEqual(expected);
});

function readFact(text: string, name: string): string {
  return new RegExp(`^- ${name}: (.+)$`, 'm').exec(text)?.[1] ?? '';
}
