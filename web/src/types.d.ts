declare module '@tabler/icons-react/dist/esm/icons/*.mjs' {
  import type { IconProps } from '@tabler/icons-react';
  import type { ForwardRefExoticComponent, RefAttributes } from 'react';

  const icon: ForwardRefExoticComponent<IconProps & RefAttributes<SVGSVGElement>>;
  export default icon;
}
