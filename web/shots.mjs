// Looks at every page in a real browser: screenshots, axe, console errors and policy violations.
// Usage: node shots.mjs URL [--out DIR] [--only home,customers] [--sizes 360,1280,2560] [--email E --password P] [--quick]
// Ends with "N passed, N failed"; a page fails on any axe violation, console error, failed request of ours, or sideways scrolling.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const args = process.argv.slice(2);
const base = args[0]?.startsWith('http') ? args[0].replace(/\/$/, '') : 'http://127.0.0.1:8080';
const option = (name, plain) => (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : plain);
const out = option('out', new URL('./shots', import.meta.url).pathname);
const only = option('only', '')?.split(',').filter(Boolean);
const sizes = option('sizes', '360,1280,2560').split(',').map(Number);
const schemes = option('schemes', 'light,dark').split(',');
const languages = option('languages', 'en,fa').split(',');
const quick = args.includes('--quick');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const pages = {
  home: '/',
  'home-drawer': '/',
  'home-picker': '/',
  palette: '/',
  customers: '/customers',
  customer: '/customers?sort=spent',
  orders: '/orders',
  order: '/orders',
  carts: '/carts',
  products: '/products',
  product: '/products',
  events: '/events',
  'events-find': '/events?tab=find',
  'events-refused': '/events?tab=refused',
  imports: '/imports',
  'import-new': '/imports',
  'settings-shop': '/settings/shop',
  'settings-sources': '/settings/sources',
  'settings-people': '/settings/people',
  'settings-rates': '/settings/rates',
  'settings-languages': '/settings/languages',
  'settings-data': '/settings/data',
  'settings-audit': '/settings/audit',
  'settings-account': '/settings/account',
  start: '/start',
  welcome: '/welcome',
  'not-found': '/nowhere',
  signin: '/signin',
  setup: '/setup',
};

// What is done on a page before the picture is taken.
const acts = {
  'home-drawer': (p) => p.locator('[class*=explain]').first().click(),
  'home-picker': (p) => p.locator('main button[aria-haspopup=dialog]').first().click(),
  palette: (p) => p.keyboard.press('Control+k'),
  customer: (p) => p.locator('main [role=row] a').first().click(),
  order: (p) => p.locator('main [role=row] a').first().click(),
  product: (p) => p.locator('main [role=row] a').first().click(),
  'import-new': (p) => p.locator('main header button').first().click(),
};

let passed = 0;
const failures = [];
const profile = mkdtempSync(join(tmpdir(), 'rapport-shots-'));
mkdirSync(out, { recursive: true });

const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
  viewport: { width: 1280, height: 800 },
  reducedMotion: 'reduce',
});

async function signIn() {
  const email = option('email', process.env.RAPPORT_EMAIL);
  if (!email) return;
  const page = await context.newPage();
  await page.goto(`${base}/signin`);
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', option('password', process.env.RAPPORT_PASSWORD ?? ''));
  await page.click('button[type=submit]');
  await page.waitForURL((u) => !u.pathname.startsWith('/signin'));
  await page.close();
}

async function look(name, width, scheme, language) {
  const label = `${name}-${width}-${scheme}-${language}`;
  const trouble = [];
  const page = await context.newPage();
  page.on('console', (m) => m.type() === 'error' && trouble.push(`console: ${m.text()}`));
  page.on('pageerror', (e) => trouble.push(`error: ${e.message}`));
  page.on('response', (r) => r.status() >= 400 && r.url().startsWith(base) && trouble.push(`${r.status()} ${r.url()}`));
  await page.addInitScript(
    ([s, l]) => localStorage.setItem('rapport.prefs', JSON.stringify({ scheme: s, language: l })),
    [scheme, language],
  );
  try {
    await page.setViewportSize({ width, height: width < 500 ? 740 : width > 2000 ? 1440 : 860 });
    await page.goto(base + pages[name]);
    await page.waitForSelector('h1, h2, [class*=state]', { timeout: 20000 });
    await page.waitForLoadState('networkidle', { timeout: 4000 }).catch(() => {});
    await page.waitForTimeout(350);
    if (acts[name]) {
      await acts[name](page);
      await page.waitForTimeout(900);
    }
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (sideways > 1) trouble.push(`scrolls sideways by ${sideways} px`);
    await page.screenshot({ path: join(out, `${label}.png`) });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
    );
    for (const v of violations) {
      trouble.push(
        `axe ${v.id} (${v.impact}): ${v.nodes
          .slice(0, 3)
          .map((n) => `${n.target} ${n.any?.[0]?.message ?? ''}`)
          .join(' | ')}`,
      );
    }
  } catch (error) {
    trouble.push(`stopped: ${error.message.split('\n')[0]}`);
    await page.screenshot({ path: join(out, `${label}.png`) }).catch(() => {});
  }
  await page.close();
  if (trouble.length === 0) passed += 1;
  else {
    failures.push(label);
    console.log(`FAIL ${label}\n  ${[...new Set(trouble)].join('\n  ')}`);
  }
}

await signIn();
for (const name of Object.keys(pages)) {
  if (only.length ? !only.includes(name) : name === 'setup') continue; // the set-up is there only before the first user
  for (const width of sizes) {
    for (const scheme of schemes) {
      for (const language of languages) {
        if (quick && (scheme === 'dark') !== (language === 'fa')) continue;
        await look(name, width, scheme, language);
      }
    }
  }
}
await context.close();
rmSync(profile, { recursive: true, force: true });
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);
