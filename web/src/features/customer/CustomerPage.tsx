import { Button } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Status } from '@/shared/ui/Status.tsx';
import { Bones, Loaded } from '@/shared/ui/states.tsx';
import classes from './CustomerPage.module.css';
import { OpenSide } from './OpenSide.tsx';
import { type CustomerDetail, useCustomer } from './queries.ts';
import { Timeline } from './Timeline.tsx';
import { WhoSide } from './WhoSide.tsx';

/** The heart of the program: who a person is, what he did, what is open. */
export function CustomerPage() {
  const { t } = useTranslation('customer');
  const { id } = useParams({ from: '/inside/customers/$id' });
  const query = useCustomer(id);
  const may = useMay();
  const c = query.data;
  const name = c ? c.name || c.email || c.phone || c.external_id || '' : '';
  return (
    <Page
      title={name || t('profile.title')}
      heading={c ? <Heading customer={c} name={name} /> : undefined}
      above={<Link to="/customers">{t('list.title')}</Link>}
      actions={c && <Actions id={c.id} />}
    >
      <Loaded
        query={query}
        waiting={
          <div className={classes.columns}>
            <div className={`card ${classes.who}`}>
              <Bones rows={9} />
            </div>
            <div className={`card ${classes.timeline}`}>
              <Bones rows={12} />
            </div>
            <div className={`card ${classes.open}`}>
              <Bones rows={6} />
            </div>
          </div>
        }
      >
        {(customer) => (
          <div className={classes.columns}>
            <div className={classes.who}>
              <WhoSide customer={customer} />
            </div>
            <div className={classes.timeline}>
              <Timeline id={customer.id} />
            </div>
            <div className={classes.open}>
              <OpenSide customer={customer} mayOrders={may('order.read')} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ id }: { id: string }) {
  const { t } = useTranslation('edit');
  const may = useMay();
  return (
    <>
      {may('order.write') && (
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/orders/new" search={{ customer: id }} />}>
          {t('action.newOrder')}
        </Button>
      )}
      {may('customer.write') && (
        <Button renderRoot={(props) => <Link {...props} to="/customers/$id/edit" params={{ id }} />}>{t('action.edit')}</Button>
      )}
    </>
  );
}

function Heading({ customer: c, name }: { customer: CustomerDetail; name: string }) {
  const { t } = useTranslation('customer');
  const { t: shared } = useTranslation('shared');
  return (
    <span className={classes.heading}>
      <bdi>{name || shared('unnamed')}</bdi>
      <Status tone={c.known ? 'good' : 'plain'}>{c.known ? t('profile.known') : t('profile.anonymous')}</Status>
    </span>
  );
}
