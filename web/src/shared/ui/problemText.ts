import { useTranslation } from 'react-i18next';
import { asProblem, type FieldProblem } from '@/api/problem.ts';

/** Gives the words for a problem: by its code where we have them, else what the server says. */
export function useProblemText(): (error: unknown) => string {
  const { t, i18n } = useTranslation('shared');
  return (error) => {
    const problem = asProblem(error);
    const key = `problem.${problem.code.replaceAll('.', '_')}`;
    if (i18n.exists(key, { ns: 'shared' })) return t(key as 'problem.internal', { seconds: problem.retryAfter });
    return problem.message || t('problem.internal');
  };
}

/** The words for one wrong field. */
export function useFieldText(): (field: FieldProblem | undefined) => string | undefined {
  const { t, i18n } = useTranslation('shared');
  return (field) => {
    if (!field) return undefined;
    const key = `field.${field.code}`;
    return i18n.exists(key, { ns: 'shared' }) ? t(key as 'field.required') : field.message;
  };
}
