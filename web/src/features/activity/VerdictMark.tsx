import { useTranslation } from 'react-i18next';
import { Status, type Tone } from '@/shared/ui/Status.tsx';

const tones: Record<string, Tone> = { accepted: 'good', applied: 'good', duplicate: 'plain', refused: 'bad', waiting: 'busy' };

/** What became of an event. */
export function VerdictMark({ verdict }: { verdict: string }) {
  const { t } = useTranslation('activity');
  return <Status tone={tones[verdict] ?? 'plain'}>{t(`verdict.${verdict as 'accepted'}`)}</Status>;
}
