/** A table of the decisions of people about a break, oldest first. A button undoes a link. */
import type { BreakDecision } from '../api/operator-api.types';
import { sendJson } from '../api/operator-client';
import { ConfirmButton, NoteField } from './confirm-button';
import { DataTable, type Column } from './data-table';
import { Section } from './page';
import { Time } from './values';

const COLUMNS: readonly Column<BreakDecision>[] = [
  { header: 'Decision', isRowHeader: true, render: ({ kind }) => kind },
  { header: 'Time', render: ({ at }) => <Time at={at} /> },
  { header: 'By', render: ({ by }) => by },
  { header: 'Details', render: (decision) => describeDecision(decision) },
  { header: 'Note', render: ({ note }) => note },
];

export function BreakDecisionTable({ decisions }: { decisions: readonly BreakDecision[] }) {
  if (decisions.length === 0) return null;
  const undone = new Set(decisions.map(({ link }) => link));
  const links = decisions.filter(({ kind, seq }) => kind === 'link' && !undone.has(seq));
  return (
    <Section title="Decisions">
      <DataTable
        caption="Decisions about the break"
        columns={COLUMNS}
        rows={decisions}
        getKey={({ seq }) => String(seq)}
      />
      {links.map(({ seq }) => (
        <UndoLinkButton key={seq} link={seq} />
      ))}
    </Section>
  );
}

function describeDecision({ kind, seq, until, assignee, breaks, link }: BreakDecision) {
  switch (kind) {
    case 'accept':
      return until === undefined ? 'until an item changes' : <Time at={until} />;
    case 'assign':
      return `to ${assignee}`;
    case 'comment':
      return '';
    case 'link':
      return `link ${seq}: ${breaks?.join(', ')}`;
    case 'unlink':
      return `link ${link} is undone`;
  }
}

function UndoLinkButton({ link }: { link: number }) {
  return (
    <ConfirmButton
      label={`Undo link ${link}`}
      title={`Undo link ${link}`}
      onConfirm={({ note }) => sendJson('POST', 'reconciliation/unlink', { link, note })}
    >
      <p>The next run no longer matches the items of these breaks by the link.</p>
      <NoteField label="Why it is undone" />
    </ConfirmButton>
  );
}
