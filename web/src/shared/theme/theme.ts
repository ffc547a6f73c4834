import {
  ActionIcon,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  Select,
  Tooltip,
} from '@mantine/core';

// Mantine wants ten steps of a colour; what the app itself paints with stands in tokens.css.
const accent: MantineColorsTuple = [
  '#e4f1ef',
  '#cbe5e2',
  '#9dcfca',
  '#6cb7b1',
  '#45a09a',
  '#23857f',
  '#0e6461',
  '#0a504d',
  '#083f3d',
  '#062e2c',
];

const fine = { transitionProps: { duration: 120 } };

const gray: MantineColorsTuple = [
  '#faf9f7',
  '#f3f1ed',
  '#e6e3dc',
  '#d9d4cb',
  '#cdc8be',
  '#aba59a',
  '#827c72',
  '#6e6960',
  '#55514a',
  '#201e1a',
];

const dark: MantineColorsTuple = [
  '#eeebe6',
  '#bbb5ab',
  '#9d968b',
  '#6b655c',
  '#4b4741',
  '#34312d',
  '#1f1d1b',
  '#171614',
  '#131210',
  '#0d0c0b',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 4 },
  colors: { accent, gray, dark },
  autoContrast: true,
  luminanceThreshold: 0.28,
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-code)',
  headings: { fontFamily: 'var(--font-text)', fontWeight: '620' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: {
    xs: 'var(--text-xs)',
    sm: 'var(--text-md)',
    md: 'var(--text-lg)',
    lg: 'var(--text-lg)',
    xl: 'var(--text-xl)',
  },
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 'lg' } }),
    Badge: Badge.extend({ defaultProps: { tt: 'none', variant: 'light', radius: 'sm', fw: 550 } }),
    Input: Input.extend({ defaultProps: { size: 'sm' } }),
    Select: Select.extend({ defaultProps: { checkIconPosition: 'right', allowDeselect: false } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', position: 'bottom-end', ...fine } }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', ...fine } }),
    Modal: Modal.extend({ defaultProps: { centered: true, ...fine } }),
    Drawer: Drawer.extend({ defaultProps: { position: 'right', ...fine } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, ...fine } }),
  },
});

const shared = {
  '--mantine-color-body': 'var(--canvas)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-3)',
  '--mantine-color-placeholder': 'var(--ink-3)',
  '--mantine-color-anchor': 'var(--accent-ink)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-gray-light': 'var(--sunken)',
  '--mantine-color-gray-light-color': 'var(--ink-2)',
  '--mantine-color-gray-light-hover': 'var(--hover)',
  '--mantine-color-gray-text': 'var(--ink-2)',
  '--mantine-color-accent-filled': 'var(--accent)',
  '--mantine-color-accent-filled-hover': 'var(--accent-hover)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  '--mantine-color-accent-contrast': 'var(--on-accent)',
  '--mantine-color-accent-light': 'var(--accent-soft)',
  '--mantine-color-accent-light-color': 'var(--accent-ink)',
  '--mantine-color-accent-text': 'var(--accent-ink)',
  '--mantine-shadow-md': 'var(--shadow-2)',
  '--mantine-shadow-xs': 'var(--shadow-1)',
};

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
