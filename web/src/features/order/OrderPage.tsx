import { Page } from '@/shared/ui/Page.tsx';

export function OrderPage() {
  return <Page title="OrderPage">{null}</Page>;
}
