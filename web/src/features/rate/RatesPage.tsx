import { Page } from '@/shared/ui/Page.tsx';

export function RatesPage() {
  return <Page title="RatesPage">{null}</Page>;
}
