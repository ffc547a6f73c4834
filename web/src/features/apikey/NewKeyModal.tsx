import { Button, Modal, Radio, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Keys.module.css';
import { type Key, type NewKey, useCreateKey, useShopNames } from './queries.ts';
import { Snippets } from './Snippets.tsx';

const uses = ['server', 'browser', 'read', 'write'] as const;
type Use = (typeof uses)[number];

/** Makes a key. A secret one is shown here and never again. */
export function NewKeyModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('apikey');
  const { t: shared } = useTranslation('shared');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={600}
      title={<strong>{t('new')}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
      closeOnClickOutside={false}
    >
      <Content onClose={onClose} />
    </Modal>
  );
}

function Content({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('apikey');
  const text = useProblemText();
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [use, setUse] = useState<Use>('server');
  const shops = useShopNames().data?.items ?? [];
  const [shop, setShop] = useState<string | null>(null);
  const sends = use !== 'read';
  if (create.data) return <Made made={create.data} onClose={onClose} />;

  const submit = (e: FormEvent) => {
    e.preventDefault();
    const scope: NewKey['scope'] = use === 'read' || use === 'write' ? use : 'ingest';
    create.mutate({
      name: name.trim(),
      scope,
      ...(use === 'browser' ? { browser: true } : {}),
      ...(sends && shop ? { shop_id: shop } : {}),
    });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={t('form.name')}
        placeholder={t('form.nameHint')}
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <Radio.Group label={t('form.use')} value={use} onChange={(v) => setUse(v as Use)}>
        <div className={classes.uses}>
          {uses.map((u) => (
            <Radio key={u} value={u} label={t(`use.${u}`)} description={t(`useHelp.${u}`)} />
          ))}
        </div>
      </Radio.Group>
      {sends && shops.length > 1 && (
        <Select
          label={t('form.shop')}
          allowDeselect={false}
          data={shops.map((s) => ({ value: s.id, label: s.name }))}
          value={shop ?? shops[0]?.id ?? null}
          onChange={setShop}
        />
      )}
      {create.error && (
        <p className={classes.trouble} role="alert">
          {text(create.error)}
        </p>
      )}
      <Button type="submit" loading={create.isPending}>
        {t('form.make')}
      </Button>
    </form>
  );
}

function Made({ made, onClose }: { made: Key; onClose: () => void }) {
  const { t } = useTranslation('apikey');
  return (
    <div className={classes.form}>
      <p>{made.browser ? t('made.browser') : t('made.secret')}</p>
      <CopyField text={made.key ?? ''} label={t('key')} />
      <Snippets secret={made.key ?? ''} scope={made.scope} browser={made.browser} />
      <Button onClick={onClose}>{t('made.done')}</Button>
    </div>
  );
}
