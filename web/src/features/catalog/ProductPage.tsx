import { Page } from '@/shared/ui/Page.tsx';

export function ProductPage() {
  return <Page title="ProductPage">{null}</Page>;
}
