// The unmodified browser SDKs in Chromium, on a page of another origin: @segment/analytics-next and @rudderstack/analytics-js.
import { open } from './browser.mjs'
import { breathe, fail, fileOf, orders, run, site, tell } from './lib.mjs'

const { url, writeKey, count, name, sdk, chromium } = orders

const pages = {
  segment: {
    file: fileOf('@segment/analytics-next/dist/umd/index.js'),
    start: `
      const [analytics] = await AnalyticsNext.AnalyticsBrowser.load(
        { writeKey: ${JSON.stringify(writeKey)}, cdnURL: ${JSON.stringify(url)} },
        { retryQueue: true, integrations: { 'Segment.io': { apiHost: ${JSON.stringify(new URL(url).host + '/v1')}, protocol: 'http' } } })
      window.sdk = {
        track: (event, properties) => { analytics.track(event, properties) },
        identify: (id, traits) => { analytics.identify(id, traits) },
        anonymousId: () => analytics.user().anonymousId(),
      }`,
  },
  rudder: {
    file: fileOf('@rudderstack/analytics-js/dist/npm/legacy/bundled/umd/index.js'),
    start: `
      const module = window.rudderanalytics ?? window.RudderAnalytics
      const analytics = typeof module === 'function' ? new module() : module.RudderAnalytics ? new module.RudderAnalytics() : module
      await new Promise((ready) => {
        analytics.load(${JSON.stringify(writeKey)}, ${JSON.stringify(url)}, {
          configUrl: ${JSON.stringify(url)},
          queueOptions: { maxItems: 1000, minRetryDelay: 500, maxRetryDelay: 3000, maxAttempts: 100 },
          onLoaded: ready,
        })
      })
      window.sdk = {
        track: (event, properties) => { analytics.track(event, properties) },
        identify: (id, traits) => { analytics.identify(id, traits) },
        anonymousId: () => analytics.getAnonymousId(),
      }`,
  },
}

try {
  const { file, start } = pages[sdk]
  const shop = await site({
    '/': `<!doctype html><title>ሱቅ — a shop</title><script src="/sdk.js"></script><script type="module">try { ${start}; window.ready = true } catch (e) { window.broken = String(e.stack ?? e) }</script>`,
    '/sdk.js': file,
  })
  const { browser, context } = await open(chromium)
  const page = await context.newPage()
  let acknowledged = 0
  const refused = []
  page.on('response', (r) => {
    const post = r.request().method() === 'POST'
    if (post && r.url().startsWith(url)) r.ok() ? acknowledged++ : refused.push(r.status())
  })
  page.on('pageerror', (e) => fail(e))
  await page.goto(shop.url + '/?utm_source=newsletter&utm_medium=email&utm_campaign=proof')
  await page.waitForFunction('window.ready || window.broken', undefined, { timeout: 20_000 })
  const broken = await page.evaluate('window.broken')
  if (broken) throw new Error(broken)
  const anonymousId = await page.evaluate('window.sdk.anonymousId()')
  const userId = `${name}-user-0`
  let sent = 0
  const outstanding = () => sent - acknowledged
  const chunk = 10
  let waiting = []
  const give = async () => {
    await page.evaluate((calls) => { for (const [what, ...args] of calls) window.sdk[what](...args) }, waiting)
    sent += waiting.length
    waiting = []
    // No shop's visitor clicks a thousand times while his connection is away: stay within what the SDK keeps.
    while (outstanding() > 60) await breathe(10)
  }
  await run({
    count,
    people: 1,
    identify: async () => {
      await give()
      waiting.push(['identify', userId, { email: `${userId}@example.com`, name: 'እሌኒ 田中' }])
      await give()
    },
    track: (_, seq) => { waiting.push(['track', `${name} Clicked`, { seq, text: 'ሱቅ فروشگاه 店' }]) },
    pace: async () => {
      if (waiting.length < chunk) return
      await give()
      if (count <= 1000) await breathe(30)
    },
  })
  await give()
  const until = Date.now() + 120_000
  while (outstanding() > 0 && Date.now() < until) await breathe(50)
  tell({ done: true, anonymousId, acknowledged, sent, refused, lost: [] })
  await browser.close()
  shop.close()
  process.exit()
} catch (e) {
  fail(e)
  process.exit()
}
