import { Page } from '@/shared/ui/Page.tsx';

export function PeoplePage() {
  return <Page title="PeoplePage">{null}</Page>;
}
