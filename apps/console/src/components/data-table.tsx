/** A table of rows. On narrow screens each row becomes a list of labelled values. */
import { useDeferredValue, useState, type ReactNode } from 'react';

export interface Column<Row> {
  header: string;
  /** True for numbers and amounts, which are aligned to the right. */
  isNumber?: boolean;
  /** True if the cells of this column name their rows. At most one column may have it. */
  isRowHeader?: boolean;
  /** Returns the content of a cell. It cannot use hooks, but the elements that it returns can. */
  render: (row: Row) => ReactNode;
}

/** The height in pixels of a row with two lines of text, e.g. the path of a connector and its plugin. Rows with one line are lower. */
const ROW_HEIGHT_PX = 55;

/**
 * Returns the number of rows that are shown first: as many rows of two lines as fit into the window. The other rows follow as soon as these
 * are painted, so that a long table does not delay the first page on a slow machine.
 */
function countRowsShownFirst(): number {
  return Math.ceil(window.innerHeight / ROW_HEIGHT_PX);
}

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
  // The number is calculated once, because reading the height of the window makes the browser calculate the layout.
  const [rowsShownFirst] = useState(countRowsShownFirst);
  const shownRows = useDeferredValue(rows, rows.slice(0, rowsShownFirst));
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
              {columns.map((column) => renderCell(column, row))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/**
 * Returns the element of a cell. This is not a component, because a table has hundreds of cells, and each component takes time. So the
 * function `render` of a column cannot use hooks.
 */
function renderCell<Row>(column: Column<Row>, row: Row): ReactNode {
  const attributes = { 'data-label': column.header, className: column.isNumber ? 'number' : undefined };
  const content = <div>{column.render(row)}</div>;
  return column.isRowHeader ? (
    <th key={column.header} role="rowheader" scope="row" {...attributes}>
      {content}
    </th>
  ) : (
    <td key={column.header} role="cell" {...attributes}>
      {content}
    </td>
  );
}
