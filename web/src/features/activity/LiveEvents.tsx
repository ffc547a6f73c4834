import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { SignalDrawing } from '@/shared/ui/drawings.tsx';
import { IconPlayerPause, IconPlayerPlay } from '@/shared/ui/icons.ts';
import { MinuteBars } from '@/shared/ui/MinuteBars.tsx';
import { Empty, Loaded } from '@/shared/ui/states.tsx';
import { EventLine } from './EventLine.tsx';
import classes from './Events.module.css';
import { useLive } from './queries.ts';

export function LiveEvents() {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const may = useMay();
  const [running, setRunning] = useState(true);
  const live = useLive(running);
  const label = running ? t('live.pause') : t('live.go');
  return (
    <Loaded query={live}>
      {(data) => {
        const minutes = data.minutes ?? [];
        const events = data.events ?? [];
        const total = minutes.reduce((sum, m) => sum + m.events, 0);
        if (total === 0 && events.length === 0) {
          return (
            <Card>
              <Empty
                title={t('live.empty')}
                drawing={<SignalDrawing />}
                action={
                  may('apikey.read') && (
                    <Button component={Link} to="/settings/sources">
                      {t('live.connect')}
                    </Button>
                  )
                }
              >
                {t('live.emptyHelp')}
              </Empty>
            </Card>
          );
        }
        return (
          <>
            <Card
              title={t('live.title')}
              actions={
                <>
                  <span className="small dim">{t('live.visitors', { count: data.visitors })}</span>
                  <Tooltip label={label}>
                    <ActionIcon aria-label={label} onClick={() => setRunning(!running)}>
                      {running ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
                    </ActionIcon>
                  </Tooltip>
                </>
              }
            >
              <MinuteBars
                minutes={minutes}
                label={t('live.label', { count: total })}
                tip={(m) => t('live.minute', { count: m.events, time: f.time(m.at) })}
              />
            </Card>
            <Card title={t('live.newest')} flush>
              <ol className={classes.list}>
                {events.map((e) => (
                  <EventLine key={e.message_id + e.at} event={e} seconds />
                ))}
              </ol>
            </Card>
          </>
        );
      }}
    </Loaded>
  );
}
