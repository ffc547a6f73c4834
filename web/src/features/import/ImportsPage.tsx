import { Page } from '@/shared/ui/Page.tsx';

export function ImportsPage() {
  return <Page title="ImportsPage">{null}</Page>;
}
