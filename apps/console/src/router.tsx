/**
 * Defines the pages and their URLs. The path of a page is behind the `#` of the URL, so the document always has the URL
 * `<prefix>/console/`. So neither the gateway nor the console needs the path prefix of a proxy. The script of each page is loaded when the
 * page is first opened.
 */
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { Loading } from './components/query-view';
import { NotFound, PageError } from './components/page-error';
import { Shell } from './components/shell';
import { OverviewPage } from './pages/overview-page';
import { parseSearch, pickParameters, stringifySearch } from './search-parameters';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const getParentRoute = () => root;

const overview = createRoute({ getParentRoute, path: '/', component: OverviewPage });
const connector = createRoute({
  getParentRoute,
  path: '/connector',
  validateSearch: pickParameters(['connector']),
  component: lazyRouteComponent(() => import('./pages/connector-page'), 'ConnectorPage'),
});
const feed = createRoute({
  getParentRoute,
  path: '/feed',
  validateSearch: pickParameters([
    ...(['connector', 'stream', 'id', 'account', 'amount'] as const),
    ...(['asset', 'status', 'text', 'from', 'to'] as const),
  ]),
  component: lazyRouteComponent(() => import('./pages/feed-page'), 'FeedPage'),
});
const record = createRoute({
  getParentRoute,
  path: '/record',
  validateSearch: pickParameters(['connector', 'stream', 'id']),
  component: lazyRouteComponent(() => import('./pages/record-page'), 'RecordPage'),
});
const quarantine = createRoute({
  getParentRoute,
  path: '/quarantine',
  validateSearch: pickParameters(['connector', 'stream', 'kind', 'id']),
  component: lazyRouteComponent(() => import('./pages/quarantine-page'), 'QuarantinePage'),
});
const quarantineEntry = createRoute({
  getParentRoute,
  path: '/quarantine/entry',
  validateSearch: pickParameters(['connector', 'stream', 'kind', 'id']),
  component: lazyRouteComponent(() => import('./pages/quarantine-entry-page'), 'QuarantineEntryPage'),
});
const orders = createRoute({
  getParentRoute,
  path: '/orders',
  validateSearch: pickParameters(['connector', 'state']),
  component: lazyRouteComponent(() => import('./pages/orders-page'), 'OrdersPage'),
});
const order = createRoute({
  getParentRoute,
  path: '/orders/order',
  validateSearch: pickParameters(['connector', 'id']),
  component: lazyRouteComponent(() => import('./pages/order-page'), 'OrderPage'),
});
const balances = createRoute({
  getParentRoute,
  path: '/balances',
  validateSearch: pickParameters(['connector', 'account']),
  component: lazyRouteComponent(() => import('./pages/balances-page'), 'BalancesPage'),
});
const reconciliation = createRoute({
  getParentRoute,
  path: '/reconciliation',
  component: lazyRouteComponent(() => import('./pages/reconciliation-page'), 'ReconciliationPage'),
});
const policy = createRoute({
  getParentRoute,
  path: '/reconciliation/policy',
  validateSearch: pickParameters(['policy', 'run', 'class', 'state']),
  component: lazyRouteComponent(() => import('./pages/policy-page'), 'PolicyPage'),
});
const breakRoute = createRoute({
  getParentRoute,
  path: '/reconciliation/break',
  validateSearch: pickParameters(['id']),
  component: lazyRouteComponent(() => import('./pages/break-page'), 'BreakPage'),
});
const clients = createRoute({
  getParentRoute,
  path: '/clients',
  validateSearch: pickParameters(['connector']),
  component: lazyRouteComponent(() => import('./pages/clients-page'), 'ClientsPage'),
});
const audit = createRoute({
  getParentRoute,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/audit-page'), 'AuditPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    ...[overview, connector, feed, record, quarantine, quarantineEntry, orders, order],
    ...[balances, reconciliation, policy, breakRoute, clients, audit],
  ]),
  history: createHashHistory(),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: Loading,
  defaultErrorComponent: PageError,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
