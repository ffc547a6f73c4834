import { Page } from '@/shared/ui/Page.tsx';

export function ReportingPage() {
  return <Page title="ReportingPage">{null}</Page>;
}
