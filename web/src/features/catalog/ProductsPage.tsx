import { Page } from '@/shared/ui/Page.tsx';

export function ProductsPage() {
  return <Page title="ProductsPage">{null}</Page>;
}
