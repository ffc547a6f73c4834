import {
  IconActivity,
  IconHome,
  IconPackage,
  IconSettings,
  IconShoppingBag,
  IconShoppingCart,
  IconUpload,
  IconUsers,
} from '@/shared/ui/icons.ts';

/** The entries of the menu, in the order of the loop. One without the permission is not shown; there is none without a page. */
export const navigation = [
  { to: '/', key: 'home', icon: IconHome, may: '', group: '' },
  { to: '/customers', key: 'customers', icon: IconUsers, may: 'customer.read', group: '' },
  { to: '/orders', key: 'orders', icon: IconShoppingBag, may: 'order.read', group: 'sales' },
  { to: '/carts', key: 'carts', icon: IconShoppingCart, may: 'order.read', group: 'sales' },
  { to: '/events', key: 'events', icon: IconActivity, may: 'activity.read', group: 'analytics' },
  { to: '/products', key: 'products', icon: IconPackage, may: 'catalog.read', group: 'catalogue' },
  { to: '/imports', key: 'imports', icon: IconUpload, may: 'import.run', group: 'end' },
  { to: '/settings', key: 'settings', icon: IconSettings, may: '', group: 'end' },
] as const;

export const settingsPages = [
  { to: '/settings/shop', key: 'shop', may: 'setting.read' },
  { to: '/settings/sources', key: 'sources', may: 'apikey.read' },
  { to: '/settings/people', key: 'people', may: 'user.read' },
  { to: '/settings/rates', key: 'rates', may: 'rate.read' },
  { to: '/settings/languages', key: 'languages', may: 'setting.read' },
  { to: '/settings/data', key: 'data', may: 'status.read' },
  { to: '/settings/audit', key: 'audit', may: 'audit.read' },
  { to: '/settings/account', key: 'account', may: '' },
] as const;
