/** The page that lists payouts and transfers, newest first. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { ORDER_STATES, type Order } from '../api/operator-api.types';
import { ConnectorLink } from '../components/connector-link';
import { DataTable, type Column } from '../components/data-table';
import { ConnectorFilter, FilterForm, SelectFilter } from '../components/filter-form';
import { OrderState } from '../components/order-state';
import { Page } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { Amount, RelativeTime, Time } from '../components/values';
import { shortenId } from '../format/shorten-id';

const REFRESH_MS = 10_000;

const COLUMNS: readonly Column<Order>[] = [
  {
    header: 'Idempotency key',
    isRowHeader: true,
    render: ({ connector, id, idempotencyKey }) => (
      <Link to="/orders/order" search={{ connector, id }} className="mono">
        {shortenId(idempotencyKey)}
      </Link>
    ),
  },
  { header: 'State', render: ({ state }) => <OrderState state={state} /> },
  { header: 'Kind', render: ({ kind }) => kind.toLowerCase() },
  {
    header: 'Amount',
    isNumber: true,
    render: ({ amount, asset }) => <Amount minorUnits={amount} asset={asset} />,
  },
  {
    header: 'Connector',
    render: ({ connector }) => <ConnectorLink connector={connector} />,
  },
  { header: 'Attempts', isNumber: true, render: ({ attempts }) => attempts },
  { header: 'Created', render: ({ createdAt }) => <Time at={createdAt} /> },
  { header: 'Changed', render: ({ changedAt }) => <RelativeTime at={changedAt} /> },
];

export function OrdersPage() {
  const search = useSearch({ from: '/orders' });
  const navigate = useNavigate();
  const query = usePagedQuery<Order>('orders', search, { refetchMs: REFRESH_MS });
  return (
    <Page title="Orders" description="Payouts and transfers that clients asked for.">
      <FilterForm search={search} onChange={(filters) => void navigate({ to: '/orders', search: filters })}>
        <ConnectorFilter value={search.connector} />
        <SelectFilter name="state" label="State" value={search.state} options={ORDER_STATES} allLabel="all" />
      </FilterForm>
      <PagedView query={query} empty="There is no such order.">
        {(orders) => (
          <DataTable
            caption="Orders, newest first"
            columns={COLUMNS}
            rows={orders}
            getKey={({ connector, id }) => `${connector} ${id}`}
          />
        )}
      </PagedView>
    </Page>
  );
}
