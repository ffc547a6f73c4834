import { Page } from '@/shared/ui/Page.tsx';

export function SourcesPage() {
  return <Page title="SourcesPage">{null}</Page>;
}
