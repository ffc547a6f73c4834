import { Page } from '@/shared/ui/Page.tsx';

export function OrdersPage() {
  return <Page title="OrdersPage">{null}</Page>;
}
