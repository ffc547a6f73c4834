import { Page } from '@/shared/ui/Page.tsx';

export function CustomersPage() {
  return <Page title="CustomersPage">{null}</Page>;
}
