import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '@/api/problem.ts';
import { Empty, Problem } from '@/shared/ui/states.tsx';

export function NotFound() {
  const { t } = useTranslation('app');
  return (
    <Empty
      title={t('notFound.title')}
      action={
        <Button component={Link} to="/">
          {t('notFound.home')}
        </Button>
      }
    >
      {t('notFound.help')}
    </Empty>
  );
}

/** A page that threw. A problem of the server is told as such; the rest is a fault of ours and says what it is. */
export function Crashed({ error }: { error: unknown }) {
  const { t } = useTranslation('app');
  const { t: shared } = useTranslation('shared');
  const again = <Button onClick={() => window.location.reload()}>{shared('action.retry')}</Button>;
  if (error instanceof ProblemError || error instanceof TypeError) {
    return <Problem error={error} retry={() => window.location.reload()} />;
  }
  return (
    <Empty title={t('crashed.title')} action={again}>
      {t('crashed.help')} <code>{error instanceof Error ? error.message : String(error)}</code>
    </Empty>
  );
}
