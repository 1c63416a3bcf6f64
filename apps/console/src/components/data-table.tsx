/** A table of rows. On narrow screens each row becomes a list of labelled values. */
import { useDeferredValue, type ReactNode } from 'react';

export interface Column<Row> {
  header: string;
  /** True for numbers and amounts, which are aligned to the right. */
  isNumber?: boolean;
  /** True if the cells of this column name their rows. At most one column may have it. */
  isRowHeader?: boolean;
  render: (row: Row) => ReactNode;
}

/**
 * The number of rows that are shown first: more than a large screen shows. The other rows follow as soon as these are painted, so that a
 * long table does not delay the first page on a slow machine.
 */
const ROWS_SHOWN_FIRST = 20;

export function DataTable<Row>({
  caption,
  columns,
  rows,
  getKey,
}: {
  /** The title of the table, which only screen readers read. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  getKey: (row: Row) => string | number;
}) {
  const shownRows = useDeferredValue(rows, rows.slice(0, ROWS_SHOWN_FIRST));
  // The roles are written explicitly, because a table loses its roles if CSS displays it as blocks.
  return (
    <div className="table-frame is-stacked">
      <table role="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ header, isNumber }) => (
              <th key={header} role="columnheader" scope="col" className={isNumber ? 'number' : undefined}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shownRows.map((row) => (
            <tr key={getKey(row)} role="row">
              {columns.map((column) => (
                <Cell key={column.header} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const attributes = { 'data-label': column.header, className: column.isNumber ? 'number' : undefined };
  const content = <div>{column.render(row)}</div>;
  return column.isRowHeader ? (
    <th role="rowheader" scope="row" {...attributes}>
      {content}
    </th>
  ) : (
    <td role="cell" {...attributes}>
      {content}
    </td>
  );
}
