import { Button, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { Facts } from '@/shared/ui/Card.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Dictionary.module.css';
import { type EntryDetail, useDescribe } from './queries.ts';

/** What people say of an event: what it is, whose, and whether it belongs here. */
export function EntryForm({ entry }: { entry: EntryDetail }) {
  const { t } = useTranslation('activity');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const describe = useDescribe(entry.id);
  const may = useMay();
  const [description, setDescription] = useState(entry.description);
  const [owner, setOwner] = useState(entry.owner);
  const [expected, setExpected] = useState<EntryDetail['expected']>(entry.expected);
  if (!may('activity.write')) {
    return (
      <Facts
        rows={[
          [t('entry.description'), entry.description || shared('none')],
          [t('names.owner'), entry.owner],
          [t('entry.expected'), entry.expected && t(entry.expected === 'expected' ? 'entry.isExpected' : 'entry.isUnexpected')],
        ]}
      />
    );
  }
  const changed = description !== entry.description || owner !== entry.owner || expected !== entry.expected;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    describe.mutate({ description, owner, expected });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <Textarea
        label={t('entry.description')}
        maxLength={2000}
        autosize
        minRows={3}
        value={description}
        onChange={(e) => setDescription(e.currentTarget.value)}
      />
      <TextInput label={t('names.owner')} maxLength={200} value={owner} onChange={(e) => setOwner(e.currentTarget.value)} />
      <div>
        <span className={classes.label} id="entry-expected">
          {t('entry.expected')}
        </span>
        <SegmentedControl
          fullWidth
          aria-labelledby="entry-expected"
          value={expected || 'open'}
          onChange={(v) => setExpected(v === 'open' ? '' : (v as EntryDetail['expected']))}
          data={[
            { value: 'open', label: t('entry.open') },
            { value: 'expected', label: t('entry.isExpected') },
            { value: 'unexpected', label: t('entry.isUnexpected') },
          ]}
        />
      </div>
      {describe.error && (
        <p className={classes.trouble} role="alert">
          {text(describe.error)}
        </p>
      )}
      <Button type="submit" disabled={!changed} loading={describe.isPending}>
        {shared('action.save')}
      </Button>
    </form>
  );
}
