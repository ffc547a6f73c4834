import { useTranslation } from 'react-i18next';
import { Card } from '@/shared/ui/Card.tsx';
import { IconCheck } from '@/shared/ui/icons.ts';
import { Loaded } from '@/shared/ui/states.tsx';
import { useRoles } from './queries.ts';
import classes from './RoleMatrix.module.css';

/** What each role may do, as the server decides it. */
export function RoleMatrix() {
  const { t, i18n } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  const roles = useRoles();
  const words = (permission: string) => {
    const key = permission.replace('.', '_');
    return i18n.exists(`permission.${key}`, { ns: 'user' }) ? t(`permission.${key as 'user_read'}`) : permission;
  };
  return (
    <Card title={t('matrix.title')} flush>
      <Loaded query={roles}>
        {({ items }) => {
          const rows = items ?? [];
          const all = [...new Set(rows.flatMap((r) => r.permissions))];
          return (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reached by keyboard
            <div className={classes.scroll} tabIndex={0}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">{t('matrix.permission')}</th>
                    {rows.map((r) => (
                      <th key={r.role} scope="col">
                        {shared(`role.${r.role}`)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {all.map((p) => (
                    <tr key={p}>
                      <th scope="row">{words(p)}</th>
                      {rows.map((r) => (
                        <td key={r.role}>
                          {r.permissions.includes(p) ? (
                            <>
                              <IconCheck size={16} aria-hidden />
                              <span className="unseen">{shared('yes')}</span>
                            </>
                          ) : (
                            <span className="unseen">{shared('no')}</span>
                          )}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}
