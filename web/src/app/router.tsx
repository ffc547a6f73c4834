import { QueryCache, QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { asProblem } from '@/api/problem.ts';
import { eventSearch } from '@/features/activity/search.ts';
import { productSearch } from '@/features/catalog/search.ts';
import { customerSearch } from '@/features/customer/search.ts';
import { cartSearch, orderSearch } from '@/features/order/search.ts';
import { overviewSearch } from '@/features/report/search.ts';
import { setUpQuery } from '@/features/session/queries.ts';
import { meQuery } from '@/shared/me/queries.ts';
import { Crashed, NotFound } from './Lost.tsx';
import { Shell } from './Shell.tsx';

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // The session ended meanwhile: back to the door, and afterwards here again.
      if (asProblem(error).status === 401 && query.queryKey[0] !== 'me') {
        queryClient.removeQueries({ queryKey: meQuery.queryKey });
        router.invalidate();
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      retry: (count, error) => {
        const { status } = asProblem(error);
        return count < 2 && (status >= 502 || status === 429);
      },
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
});

/** Who is here? A stranger is led to the door, or to the set-up while nobody has an account. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ context: { client }, location }) => {
    try {
      if (!client.getQueryData(meQuery.queryKey)) await client.fetchQuery(meQuery);
    } catch (error) {
      if (asProblem(error).status !== 401) throw error;
      const { needed } = await client.fetchQuery(setUpQuery);
      if (needed) throw redirect({ to: '/setup' });
      throw redirect({ to: '/signin', search: location.href === '/' ? {} : { next: location.href } });
    }
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: (s: Record<string, unknown>): { next?: string } => (typeof s.next === 'string' ? { next: s.next } : {}),
  component: lazyRouteComponent(() => import('@/features/session/SignInPage.tsx'), 'SignInPage'),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('@/features/session/WelcomePage.tsx'), 'WelcomePage'),
});

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  beforeLoad: async ({ context: { client } }) => {
    const { needed } = await client.fetchQuery({ ...setUpQuery, staleTime: 0 });
    if (!needed) throw redirect({ to: '/' });
  },
  component: lazyRouteComponent(() => import('@/features/session/SetUpPage.tsx'), 'SetUpPage'),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import('@/features/report/OverviewPage.tsx'), 'OverviewPage'),
});

const customers = createRoute({
  getParentRoute: () => inside,
  path: '/customers',
  validateSearch: customerSearch,
  component: lazyRouteComponent(() => import('@/features/customer/CustomersPage.tsx'), 'CustomersPage'),
});

const customer = createRoute({
  getParentRoute: () => inside,
  path: '/customers/$id',
  component: lazyRouteComponent(() => import('@/features/customer/CustomerPage.tsx'), 'CustomerPage'),
});

const orders = createRoute({
  getParentRoute: () => inside,
  path: '/orders',
  validateSearch: orderSearch,
  component: lazyRouteComponent(() => import('@/features/order/OrdersPage.tsx'), 'OrdersPage'),
});

const newOrder = createRoute({
  getParentRoute: () => inside,
  path: '/orders/new',
  validateSearch: (s: Record<string, unknown>): { customer?: string } =>
    typeof s.customer === 'string' || typeof s.customer === 'number' ? { customer: String(s.customer) } : {},
  component: lazyRouteComponent(() => import('@/features/edit/OrderEditPage.tsx'), 'NewOrderPage'),
});

const editOrder = createRoute({
  getParentRoute: () => inside,
  path: '/orders/$id/edit',
  component: lazyRouteComponent(() => import('@/features/edit/OrderEditPage.tsx'), 'EditOrderPage'),
});

const refundOrder = createRoute({
  getParentRoute: () => inside,
  path: '/orders/$id/refund',
  component: lazyRouteComponent(() => import('@/features/edit/RefundPage.tsx'), 'RefundPage'),
});

const newCustomer = createRoute({
  getParentRoute: () => inside,
  path: '/customers/new',
  component: lazyRouteComponent(() => import('@/features/edit/CustomerEditPage.tsx'), 'NewCustomerPage'),
});

const editCustomer = createRoute({
  getParentRoute: () => inside,
  path: '/customers/$id/edit',
  component: lazyRouteComponent(() => import('@/features/edit/CustomerEditPage.tsx'), 'EditCustomerPage'),
});

const newProduct = createRoute({
  getParentRoute: () => inside,
  path: '/products/new',
  component: lazyRouteComponent(() => import('@/features/edit/ProductEditPage.tsx'), 'NewProductPage'),
});

const editProduct = createRoute({
  getParentRoute: () => inside,
  path: '/products/$id/edit',
  component: lazyRouteComponent(() => import('@/features/edit/ProductEditPage.tsx'), 'EditProductPage'),
});

const order = createRoute({
  getParentRoute: () => inside,
  path: '/orders/$id',
  component: lazyRouteComponent(() => import('@/features/order/OrderPage.tsx'), 'OrderPage'),
});

const carts = createRoute({
  getParentRoute: () => inside,
  path: '/carts',
  validateSearch: cartSearch,
  component: lazyRouteComponent(() => import('@/features/order/CartsPage.tsx'), 'CartsPage'),
});

const cart = createRoute({
  getParentRoute: () => inside,
  path: '/carts/$customer/$shop/$key',
  component: lazyRouteComponent(() => import('@/features/order/CartPage.tsx'), 'CartPage'),
});

const products = createRoute({
  getParentRoute: () => inside,
  path: '/products',
  validateSearch: productSearch,
  component: lazyRouteComponent(() => import('@/features/catalog/ProductsPage.tsx'), 'ProductsPage'),
});

const product = createRoute({
  getParentRoute: () => inside,
  path: '/products/$id',
  component: lazyRouteComponent(() => import('@/features/catalog/ProductPage.tsx'), 'ProductPage'),
});

const events = createRoute({
  getParentRoute: () => inside,
  path: '/events',
  validateSearch: eventSearch,
  component: lazyRouteComponent(() => import('@/features/activity/EventsPage.tsx'), 'EventsPage'),
});

const imports = createRoute({
  getParentRoute: () => inside,
  path: '/imports',
  component: lazyRouteComponent(() => import('@/features/import/ImportsPage.tsx'), 'ImportsPage'),
});

const importOne = createRoute({
  getParentRoute: () => inside,
  path: '/imports/$importId',
  component: lazyRouteComponent(() => import('@/features/import/ImportPage.tsx'), 'ImportPage'),
});

const start = createRoute({
  getParentRoute: () => inside,
  path: '/start',
  component: lazyRouteComponent(() => import('./start/StartPage.tsx'), 'StartPage'),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./SettingsFrame.tsx'), 'SettingsFrame'),
});

const settingsStart = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: ({ context: { client } }) => {
    const may = client.getQueryData(meQuery.queryKey)?.permissions?.includes('setting.read');
    throw redirect({ to: may ? '/settings/shop' : '/settings/account', replace: true });
  },
});

const shop = createRoute({
  getParentRoute: () => settings,
  path: '/shop',
  component: lazyRouteComponent(() => import('@/features/setting/ReportingPage.tsx'), 'ReportingPage'),
});

const sources = createRoute({
  getParentRoute: () => settings,
  path: '/sources',
  component: lazyRouteComponent(() => import('@/features/apikey/SourcesPage.tsx'), 'SourcesPage'),
});

const people = createRoute({
  getParentRoute: () => settings,
  path: '/people',
  component: lazyRouteComponent(() => import('@/features/user/PeoplePage.tsx'), 'PeoplePage'),
});

const rates = createRoute({
  getParentRoute: () => settings,
  path: '/rates',
  component: lazyRouteComponent(() => import('@/features/rate/RatesPage.tsx'), 'RatesPage'),
});

const languages = createRoute({
  getParentRoute: () => settings,
  path: '/languages',
  component: lazyRouteComponent(() => import('@/features/setting/LanguagesPage.tsx'), 'LanguagesPage'),
});

const data = createRoute({
  getParentRoute: () => settings,
  path: '/data',
  component: lazyRouteComponent(() => import('@/features/setting/DataPage.tsx'), 'DataPage'),
});

const audit = createRoute({
  getParentRoute: () => settings,
  path: '/audit',
  component: lazyRouteComponent(() => import('@/features/audit/AuditPage.tsx'), 'AuditPage'),
});

const account = createRoute({
  getParentRoute: () => settings,
  path: '/account',
  component: lazyRouteComponent(() => import('@/features/user/AccountPage.tsx'), 'AccountPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    welcome,
    setUp,
    inside.addChildren([
      home,
      customers,
      customer,
      orders,
      order,
      carts,
      cart,
      products,
      product,
      newOrder,
      editOrder,
      refundOrder,
      newCustomer,
      editCustomer,
      newProduct,
      editProduct,
      events,
      imports,
      importOne,
      start,
      settings.addChildren([settingsStart, shop, sources, people, rates, languages, data, audit, account]),
    ]),
  ]),
  context: { client: queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  defaultErrorComponent: Crashed,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
