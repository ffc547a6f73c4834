import { ActionIcon, Autocomplete, Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { IconPlus, IconTrash } from '@/shared/ui/icons.ts';
import { shortAmount } from './amount.ts';
import classes from './Edit.module.css';
import { useProductChoices } from './queries.ts';

export interface LineForm {
  key: number;
  productId: string;
  name: string;
  sku: string;
  quantity: string;
  price: string;
  discount: string;
}

let last = 0;
export const newLine = (): LineForm => ({ key: ++last, productId: '', name: '', sku: '', quantity: '1', price: '', discount: '' });

interface Props {
  lines: LineForm[];
  onChange: (lines: LineForm[]) => void;
  wrong: (path: string) => string | undefined;
}

/** What was ordered, a row each. Enter in the last row begins another one. */
export function LinesField({ lines, onChange, wrong }: Props) {
  const { t } = useTranslation('edit');
  return (
    <Card title={t('order.lines')}>
      <div className={classes.rows}>
        {lines.map((l, i) => (
          <LineRow
            key={l.key}
            line={l}
            at={i}
            wrong={wrong}
            onChange={(next) => onChange(lines.map((x) => (x.key === l.key ? next : x)))}
            onRemove={() => onChange(lines.filter((x) => x.key !== l.key))}
          />
        ))}
        <div>
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => onChange([...lines, newLine()])}>
            {t('order.addLine')}
          </Button>
        </div>
      </div>
    </Card>
  );
}

interface RowProps {
  line: LineForm;
  at: number;
  wrong: Props['wrong'];
  onChange: (line: LineForm) => void;
  onRemove: () => void;
}

function LineRow({ line: l, at, wrong, onChange, onRemove }: RowProps) {
  const { t } = useTranslation('edit');
  const f = useFormat();
  const [typed] = useDebouncedValue(l.productId ? '' : l.name, 200);
  const { data } = useProductChoices(typed);
  const choices = new Map((data?.items ?? []).map((p) => [[p.name || p.sku, p.sku].filter(Boolean).join(' · '), p]));
  const number = (key: 'quantity' | 'price' | 'discount') => ({
    label: t(`order.${key}`),
    inputMode: 'decimal' as const,
    dir: 'ltr' as const,
    value: l[key],
    error: wrong(`lines[${at}].${key}`),
    onChange: (e: { currentTarget: { value: string } }) => onChange({ ...l, [key]: e.currentTarget.value }),
  });
  return (
    <fieldset className={classes.line} aria-label={t('order.lineNumber', { number: f.number(at + 1) })}>
      <Autocomplete
        label={t('order.product')}
        dir="auto"
        value={l.name}
        error={wrong(`lines[${at}].name`) ?? wrong(`lines[${at}].product_id`)}
        data={[...choices.keys()]}
        filter={({ options }) => options}
        onChange={(name) => !choices.has(name) && onChange({ ...l, name, productId: '' })}
        onOptionSubmit={(label) => {
          const p = choices.get(label);
          if (p) onChange({ ...l, productId: p.id, name: p.name, sku: p.sku, price: l.price || shortAmount(p.price?.amount) });
        }}
      />
      <TextInput
        label={t('order.sku')}
        dir="ltr"
        value={l.sku}
        error={wrong(`lines[${at}].sku`)}
        onChange={(e) => onChange({ ...l, sku: e.currentTarget.value, productId: '' })}
      />
      <TextInput {...number('quantity')} />
      <TextInput {...number('price')} />
      <TextInput {...number('discount')} />
      <ActionIcon
        className={classes.remove}
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('order.removeLine', { name: l.name })}
        onClick={onRemove}
      >
        <IconTrash size={18} />
      </ActionIcon>
    </fieldset>
  );
}
