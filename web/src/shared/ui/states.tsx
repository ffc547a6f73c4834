import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { IconAlertCircle, IconLock, IconRefresh, IconWifiOff } from './icons.ts';
import { useProblemText } from './problemText.ts';
import classes from './states.module.css';

export function Bone({ width = '100%', height = 12 }: { width?: number | string; height?: number | string }) {
  return <span className={classes.bone} style={{ width, height }} />;
}

/** What stands in place of content that takes longer than a moment. */
export function Waiting({ children }: { children?: ReactNode }) {
  const { t } = useTranslation('shared');
  return (
    <div className={classes.wait} role="status">
      <span className="unseen">{t('state.loading')}</span>
      {children ?? <Bones />}
    </div>
  );
}

const widths = ['72%', '54%', '81%', '46%', '66%', '58%', '77%', '50%'];

export function Bones({ rows = 6 }: { rows?: number }) {
  return (
    <div className={classes.rows} aria-hidden>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows never change places
        <Bone key={i} width={widths[i % widths.length]} />
      ))}
    </div>
  );
}

export function Problem({ error, retry, slim }: { error: unknown; retry?: () => void; slim?: boolean }) {
  const { t } = useTranslation('shared');
  const text = useProblemText();
  const problem = asProblem(error);
  if (problem.status === 403) return <NoPermission slim={slim} />;
  const Icon = problem.code === 'offline' ? IconWifiOff : IconAlertCircle;
  return (
    <div className={`${classes.state} ${slim ? classes.slim : ''}`} role="alert">
      <Icon size={28} className={classes.mark} aria-hidden />
      <p className={classes.title}>{problem.code === 'offline' ? t('state.offline') : t('state.failed')}</p>
      <p>{text(problem)}</p>
      {retry && (
        <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={retry}>
          {t('action.retry')}
        </Button>
      )}
      {problem.reference && <p className={classes.reference}>{t('state.reference', { reference: problem.reference })}</p>}
    </div>
  );
}

export function NoPermission({ slim }: { slim?: boolean }) {
  const { t } = useTranslation('shared');
  return (
    <div className={`${classes.state} ${slim ? classes.slim : ''}`}>
      <IconLock size={28} className={classes.lock} aria-hidden />
      <p className={classes.title}>{t('state.noPermission')}</p>
      <p>{t('state.noPermissionHelp')}</p>
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  drawing?: ReactNode;
  slim?: boolean;
}

export function Empty({ title, children, action, drawing, slim }: EmptyProps) {
  return (
    <div className={`${classes.state} ${slim ? classes.slim : ''}`}>
      {drawing && <div className={classes.drawing}>{drawing}</div>}
      <p className={classes.title}>{title}</p>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

interface LoadedProps<T> {
  query: Asked<T>;
  children: (data: T) => ReactNode;
  waiting?: ReactNode;
  slim?: boolean;
}

/** Shows data, or why there is none. What was loaded before stays readable when a later attempt fails. */
export function Loaded<T>({ query, children, waiting, slim }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Problem error={query.error} retry={() => query.refetch()} slim={slim} />;
  return <Waiting>{waiting ?? <Bones rows={slim ? 3 : 6} />}</Waiting>;
}
