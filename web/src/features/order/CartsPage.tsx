import { Page } from '@/shared/ui/Page.tsx';

export function CartsPage() {
  return <Page title="CartsPage">{null}</Page>;
}
