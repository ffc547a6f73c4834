import { Page } from '@/shared/ui/Page.tsx';

export function OverviewPage() {
  return <Page title="OverviewPage">{null}</Page>;
}
