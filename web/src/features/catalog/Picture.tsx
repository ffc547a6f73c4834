import { IconPackage } from '@/shared/ui/icons.ts';
import classes from './Catalog.module.css';

/** The picture of a product, or a quiet place for one. */
export function Picture({ src, large }: { src?: string; large?: boolean }) {
  const name = large ? `${classes.picture} ${classes.large}` : classes.picture;
  if (src) return <img className={name} src={src} alt="" loading="lazy" />;
  return (
    <span className={name}>
      <IconPackage size={large ? 40 : 16} stroke={1.4} aria-hidden />
    </span>
  );
}
