import { useTranslation } from 'react-i18next';

/** The number of an order as people know it; "" for one from a file without numbers, whose own is a checksum of its row. */
export function numberOf(externalId: string | undefined): string {
  return externalId?.startsWith('row:') ? '' : (externalId ?? '');
}

/** What to call an order by its number, or that it has none. */
export function useOrderNumber(): (externalId: string | undefined) => string {
  const { t } = useTranslation('shared');
  return (externalId) => numberOf(externalId) || t('numberless');
}
