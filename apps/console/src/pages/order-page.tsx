/** The page of one order: its history, the client's request and the response, and the data from the PSP. */
import { Link, useSearch } from '@tanstack/react-router';
import type { OrderDetails } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { ConnectorLink } from '../components/connector-link';
import { OrderProposalNotice } from '../components/order-proposal';
import { OrderState } from '../components/order-state';
import { OrderTimeline } from '../components/order-timeline';
import { Facts, Page, Section } from '../components/page';
import { QueryView } from '../components/query-view';
import { ResolveOrderButton } from '../components/resolve-order-button';
import { Amount, JsonValue, RelativeTime, Time } from '../components/values';

const REFRESH_MS = 5_000;

export function OrderPage() {
  const { connector, id } = useSearch({ from: '/orders/order' });
  const query = useApiQuery<OrderDetails>('order', { connector, id }, { refetchMs: REFRESH_MS });
  return (
    <Page
      title={`Order ${id ?? ''}`}
      description={<ConnectorLink connector={connector} />}
      actions={
        query.data?.state === 'unknown' &&
        query.data.proposal === undefined && <ResolveOrderButton order={query.data} />
      }
    >
      <QueryView query={query}>{(order) => <OrderView order={order} />}</QueryView>
    </Page>
  );
}

function OrderView({ order }: { order: OrderDetails }) {
  const { connector, id } = order;
  return (
    <>
      {order.state === 'unknown' && (
        <div className="notice bad">
          <strong>The PSP did not say what became of this order.</strong>
          <p>
            It is never sent again under another key. Look it up at the PSP; if the PSP cannot be asked by
            program, resolve it here.
          </p>
        </div>
      )}
      {order.proposal && <OrderProposalNotice order={order} proposal={order.proposal} />}
      <div className="columns">
        <div className="panel">
          <Facts
            facts={[
              ['State', <OrderState key="state" state={order.state} />],
              ['Amount', <Amount key="amount" minorUnits={order.amount} asset={order.asset} />],
              ['Kind', order.kind.toLowerCase()],
              ['Attempts', order.attempts],
              ['Created', <Time key="created" at={order.createdAt} />],
              ['Changed', <Time key="changed" at={order.changedAt} />],
              ['Outcome unknown since', order.outcomeUnknownSince && <Time at={order.outcomeUnknownSince} />],
              ['Next action', order.nextActionAt && <RelativeTime at={order.nextActionAt} />],
            ]}
          />
        </div>
        <div className="panel">
          <Facts
            facts={[
              ['Idempotency key of the client', <code key="client">{order.idempotencyKey}</code>],
              ['Idempotency key at the PSP', <code key="psp">{order.pspKey}</code>],
              ['Id at the PSP', order.pspId && <code>{order.pspId}</code>],
              [
                'Newest row in the feed',
                order.publishedStatus && (
                  <Link to="/record" search={{ connector, stream: 'transactions', id }}>
                    {order.publishedStatus}
                  </Link>
                ),
              ],
              ['Published', order.publishedAt && <Time at={order.publishedAt} />],
              ['Client answered', order.respondedAt && <Time at={order.respondedAt} />],
            ]}
          />
        </div>
      </div>
      <Section title="Timeline">
        <OrderTimeline order={order} />
      </Section>
      <div className="columns">
        <Section title="What the client asked for">
          <JsonValue label="Request of the client" value={order.request} />
        </Section>
        {order.response !== undefined && (
          <Section title="What the client was answered">
            <JsonValue label="Response to the client" value={order.response} />
          </Section>
        )}
        <Section title="What the PSP and the gateway recorded">
          <JsonValue label="Details of the order" value={order.details} />
        </Section>
      </div>
    </>
  );
}
