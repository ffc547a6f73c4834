import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { complain, say } from '@/shared/ui/undo.tsx';
import classes from './History.module.css';
import type { OrderDetail } from './queries.ts';
import { useEditOrder } from './writes/queries.ts';

type Entry = OrderDetail['history'][number];
const money = new Set(['total', 'discount', 'tax', 'shipping', 'refunded']);

/** Who changed what of an order, and when; and what people noted. */
export function History({ order: o }: { order: OrderDetail }) {
  const { t } = useTranslation('edit');
  const f = useFormat();
  const may = useMay();
  return (
    <Card title={t('history.title')}>
      {may('order.write') && <Note id={o.id} />}
      <ol className={classes.list}>
        {o.history.map((h) => (
          <li key={h.id + h.at} data-kind={h.kind}>
            <div className={classes.head}>
              <strong>{t(`history.${h.kind}`)}</strong>
              <span className="small dim">{by(h)}</span>
              <time className="small dim" dateTime={h.at}>
                {f.instant(h.at)}
              </time>
            </div>
            {h.text && (
              <p className={classes.text} dir="auto">
                {h.text}
              </p>
            )}
            {h.changes
              .filter((c) => c.field !== 'source')
              .map((c) => (
                <div key={c.field} className="small">
                  {line(c)}
                </div>
              ))}
          </li>
        ))}
      </ol>
    </Card>
  );

  function by(h: Entry): string {
    if (h.via === 'person') return t('history.byPerson', { name: h.actor });
    if (h.via === 'api') return t('history.byKey', { name: h.actor || h.source });
    if (h.via === 'file') return t('history.byFile');
    return h.source ? t('history.byEvent', { name: h.source }) : t('history.bySomething');
  }

  function line(c: Entry['changes'][number]): string {
    const field = t(`history.field.${c.field}`);
    if (c.field === 'customer' || c.field === 'attributes') return field;
    if (c.field === 'lines' && c.from === c.to) return t('history.linesChanged');
    const shown = (v: string) => {
      if (v === '') return t('history.nothing');
      if (money.has(c.field)) return f.money({ amount: v, currency: o.total.currency });
      if (c.field === 'status') return t(`history.status.${v as 'placed'}`);
      if (c.field === 'placed_at') return f.instant(v);
      if (v === 'true' || v === 'false') return v === 'true' ? t('history.yes') : t('history.no');
      return c.field === 'lines' ? f.number(Number(v)) : v;
    };
    return t('history.was', { field, from: shown(c.from), to: shown(c.to) });
  }
}

function Note({ id }: { id: string }) {
  const { t } = useTranslation('edit');
  const text = useProblemText();
  const edit = useEditOrder(id);
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  if (!open) {
    return (
      <Button variant="default" size="compact-sm" onClick={() => setOpen(true)}>
        {t('history.addNote')}
      </Button>
    );
  }
  const keep = () =>
    edit.mutate(
      { note: note.trim() },
      {
        onSuccess: () => {
          say(t('history.kept'));
          setNote('');
          setOpen(false);
        },
        onError: (error) => complain(text(error)),
      },
    );
  return (
    <form
      className={classes.note}
      onSubmit={(e) => {
        e.preventDefault();
        keep();
      }}
    >
      <Textarea
        label={t('history.noteLabel')}
        dir="auto"
        autoFocus
        autosize
        minRows={2}
        maxLength={2000}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      <div>
        <Button type="submit" size="compact-sm" loading={edit.isPending} disabled={note.trim() === ''}>
          {t('history.keep')}
        </Button>
      </div>
    </form>
  );
}
