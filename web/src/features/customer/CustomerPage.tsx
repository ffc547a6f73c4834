import { Page } from '@/shared/ui/Page.tsx';

export function CustomerPage() {
  return <Page title="CustomerPage">{null}</Page>;
}
