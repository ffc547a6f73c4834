// A visitor of the web app: looks, checks with axe, takes pictures, and notes what the console complains about.
import { mkdirSync } from 'node:fs'
import { open } from './browser.mjs'
import { fail, fileOf, orders, tell } from './lib.mjs'

const axe = fileOf('axe-core/axe.min.js').toString()

// What a browser writes when an answer is a refusal the app expects: it is no fault of the page.
const expected = [
  { what: /Failed to load resource: the server responded with a status of 401/, where: /\/api\/v1\/(me|sessions)/ },
  // What a form is told at its fields, and that somebody else was faster.
  { what: /Failed to load resource: the server responded with a status of (422|409)/, where: /\/api\/v1\/(orders|customers|products|imports|demo)/ },
  // A link that was used already.
  { what: /Failed to load resource: the server responded with a status of 404/, where: /\/api\/v1\/welcome/ },
]

export async function visit(story, options = {}) {
  let browser
  try {
    mkdirSync(orders.out, { recursive: true })
    const opened = await open(orders.chromium, { locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options })
    browser = opened.browser
    const page = await opened.context.newPage()
    page.setDefaultTimeout(40_000)
    const v = new Visitor(page, opened.context)
    try {
      await story(v)
    } catch (e) {
      await page.screenshot({ path: `${orders.out}/failed.png` }).catch(() => {})
      throw new Error(`${e.stack}\nat ${page.url()}; picture in failed.png\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 1500)}`)
    }
    tell({ done: true })
  } catch (e) {
    fail(e)
  }
  await browser?.close()
  process.exit()
}

/** Somebody else with a browser of his own: nothing is shared with the first. */
export async function another(v, options) {
  const context = await v.context.browser().newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(40_000)
  return new Visitor(page, context)
}

class Visitor {
  offline = false
  /** Somebody else ends the session: what is asked meanwhile is answered 401. */
  over = false
  place = 'the beginning'

  constructor(page, context) {
    this.page = page
    this.context = context
    page.on('console', (m) => {
      if (m.type() !== 'error' && !/Content.Security.Policy/i.test(m.text())) return
      const where = m.location().url ?? ''
      if (expected.some((x) => x.what.test(m.text()) && x.where.test(where))) return
      if (this.offline && /ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(m.text())) return
      if (this.over && /status of 401/.test(m.text())) return
      this.trouble(`console: ${m.text()} ${where}`)
    })
    page.on('pageerror', (e) => this.trouble(`exception: ${e.stack ?? e}`))
    page.on('response', (r) => {
      if (r.status() >= 500) this.trouble(`${r.status()} ${r.request().method()} ${r.url()}`)
    })
    page.on('request', (r) => {
      const u = new URL(r.url())
      if (u.protocol.startsWith('http') && u.origin !== new URL(orders.url).origin) this.trouble(`a request to another origin: ${r.url()}`)
    })
  }

  trouble(text) {
    tell({ trouble: `${this.place}: ${text}` })
  }

  check(ok, text) {
    if (!ok) this.trouble(text)
  }

  at(place) {
    this.place = place
    tell({ at: place })
  }

  /** Waits until nothing is loading any more. */
  async settled() {
    await this.page.waitForLoadState('networkidle', { timeout: 2500 }).catch(() => {})
    await this.page.evaluate(() => document.fonts.ready.then(() => true))
  }

  async picture(name) {
    await this.settled()
    await this.page.screenshot({ path: `${orders.out}/${name}.png` })
  }

  /** Takes a picture and asks axe. */
  async look(name) {
    this.at(name)
    await this.picture(name)
    await this.page.evaluate(axe)
    const found = await this.page.evaluate(async () => {
      const r = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })
      return r.violations.map((x) => `${x.id} (${x.impact}): ${x.help}: ${x.nodes.slice(0, 4).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)
    })
    for (const f of found) this.trouble(`axe: ${f}`)
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    this.check(overflow <= 1, `the page is ${overflow} pixels wider than the window`)
  }

  async goto(path) {
    await this.page.goto(orders.url + path)
    await this.settled()
  }
}
