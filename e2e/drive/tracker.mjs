// Visitors of a shop whose pages have Rapport's page tracker, put in as docs/tracking.md says. The shop is another origin than Rapport. Each
// story tells what was done and when, or what should not be so; whether it arrived is for the test to ask the API.
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { open } from './browser.mjs'
import { breathe, fail, orders, tell } from './lib.mjs'

const { url, writeKey, chromium } = orders
const documented = /```html\n(<script>[\s\S]*?data-key="KEY"><\/script>)\n```/.exec(readFileSync(new URL('../../docs/tracking.md', import.meta.url), 'utf8'))[1]
const snippet = (attributes = '') => documented.replace('https://crm.example.com', url).replace('data-key="KEY"', `data-key="${writeKey}" ${attributes}`)

/** A shop: every path is a page, unless files has it. /crm/ is Rapport, through the shop's own server; meddle may answer in its place. */
async function shop({ head = snippet(), body = '', policy, files = {}, meddle = () => false }) {
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url, 'http://shop')
    if (pathname.startsWith('/crm/')) {
      if (await meddle(req, res)) return
      forward(req, res)
      return
    }
    const headers = policy ? { 'content-security-policy': policy } : {}
    const file = files[pathname]
    if (file) res.writeHead(200, { ...headers, 'content-type': 'text/javascript' }).end(file)
    else if (pathname === '/favicon.ico') res.writeHead(204).end()
    else res.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>Shop ${pathname}</title>${head}<body><h1>ሱቅ ${pathname}</h1>${body}</body>`)
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close() } }
}

/** Hands a request on to Rapport; with lost, the answer does not reach the visitor. */
function forward(req, res, lost) {
  const on = request(url + req.url.slice('/crm'.length), { method: req.method, headers: { ...req.headers, host: new URL(url).host } }, (answer) => {
    if (lost) {
      answer.resume()
      answer.on('end', () => res.destroy())
      return
    }
    res.writeHead(answer.statusCode, answer.headers)
    answer.pipe(res)
  })
  on.on('error', () => res.destroy())
  req.pipe(on)
}

/** A visitor's browser. Posts are what left for Rapport. */
async function visitor(browser, story, allowed = []) {
  const context = await browser.newContext()
  const v = { context, posts: [], did: [], offline: false }
  const trouble = (text) => tell({ trouble: `${story}: ${text}` })
  v.trouble = trouble
  context.on('request', (r) => {
    if (r.method() === 'POST') v.posts.push({ at: Date.now(), url: r.url(), body: r.postData() ?? '' })
    const { origin, protocol } = new URL(r.url())
    if (protocol === 'http:' && !allowed.includes(origin)) trouble(`a request to a third party: ${r.url()}`)
  })
  v.page = async () => {
    const page = await context.newPage()
    page.setDefaultTimeout(45_000)
    page.on('pageerror', (e) => trouble(`exception in the page: ${e.stack ?? e}`))
    page.on('console', (m) => {
      if (m.type() !== 'error' && !/Content.Security.Policy/i.test(m.text())) return
      if (/ERR_INTERNET_DISCONNECTED|status of 429|ERR_EMPTY_RESPONSE|ERR_FAILED/.test(m.text())) return
      trouble(`console: ${m.text()} ${m.location().url}`)
    })
    return page
  }
  /** Calls the tracker in the page, and notes what and when. */
  v.track = async (page, event, properties) => {
    const from = Date.now()
    await page.evaluate(([e, p]) => { window.rapport.track(e, p) }, [event, properties])
    v.did.push({ event, from, to: Date.now() })
  }
  v.note = (event, from, to = Date.now()) => v.did.push({ event, from, to })
  v.kept = (page) => page.evaluate(() => ({ cookie: document.cookie, storage: Object.keys(localStorage) }))
  v.sent = async (what) => {
    for (const until = Date.now() + 60_000; Date.now() < until; await breathe(20)) if (v.posts.some((p) => p.body.includes(what))) return
    trouble(`${what} was not sent within a minute; ${v.posts.length} requests were seen`)
  }
  return v
}

const loaded = (page) => page.evaluate(() => new Promise((yes) => { window.rapport.ready(yes) }))
/** Waits until the page has nothing more to send. */
const settled = (page) => page.evaluate(() => new Promise((yes, no) => {
  const until = Date.now() + 60_000
  const look = () => {
    const waiting = Object.keys(localStorage).filter((k) => k.startsWith('rapport.q.'))
    if (!waiting.length) yes()
    else if (Date.now() < until) setTimeout(look, 20)
    else no(new Error(`after a minute there wait ${waiting.map((k) => localStorage[k])}, not before ${localStorage['rapport.until']}, online: ${navigator.onLine}`))
  }
  look()
}))

const stories = {
  /** From the newsletter to an order, over pages that load and pages that do not. */
  async visit(browser) {
    const s = await shop({
      head: `${snippet()}<script>
        if (location.pathname === '/') { window.earlyAt = Date.now(); rapport.track('Visit Early'); window.earlyBy = Date.now() }
        if (location.pathname === '/product/1') rapport.productViewed({ product_id: 'trk-1', name: 'Boots', price: 59.9, currency: 'EUR' })
        function go(path, title) { history.pushState({}, '', path); Promise.resolve().then(function () { document.title = title }) }
      </script>`,
      body: '<a id="product" href="/product/1">product</a> <a id="cart" href="/cart">cart</a> <a id="app" href="/app">app</a><iframe sandbox="allow-scripts" hidden></iframe>',
    })
    const v = await visitor(browser, 'visit', [s.url, url])
    const page = await v.page()
    await page.goto(`${s.url}/?utm_source=newsletter&utm_medium=email&utm_campaign=tracker-visit`)
    await loaded(page)
    v.note('Visit Early', ...await page.evaluate(() => [window.earlyAt, window.earlyBy]))
    const anonymousId = await page.evaluate(() => window.rapport.anonymousId())
    // What no page should do, and what may not disturb it.
    await page.evaluate(() => {
      const circle = {}
      circle.self = circle
      window.rapport.track('Visit Circle', circle)
      window.rapport.track('Visit Huge', { text: 'x'.repeat(40000) })
      window.rapport.identify(null)
      window.rapport.push(['nothing'], ['track', 'Visit Pushed'])
    })
    await page.click('#product')
    await page.waitForURL('**/product/1')
    await loaded(page)
    const from = Date.now()
    await page.evaluate(() => {
      window.rapport.productAdded({ product_id: 'trk-1', name: 'Boots', price: 59.9, currency: 'EUR', quantity: 2 })
      window.rapport.track('Visit Hurry')
      document.querySelector('#cart').click() // leaves at once
    })
    v.note('Visit Hurry', from)
    await page.waitForURL('**/cart')
    await loaded(page)
    await page.evaluate(() => {
      window.rapport.cartViewed({ currency: 'EUR', products: [{ product_id: 'trk-1', price: 59.9, quantity: 2 }] })
      window.rapport.productsSearched('laces')
    })
    await page.click('#app')
    await page.waitForURL('**/app')
    await loaded(page)
    await page.evaluate(async () => {
      const later = () => new Promise((yes) => setTimeout(yes, 120))
      go('/app/a', 'Place A')
      await later()
      go('/app/b?q=1', 'Place B')
      await later()
      history.replaceState({ same: true }, '', '/app/b?q=1')
      history.replaceState({}, '', '/app/c#part')
      await later()
      go('/app/d', 'Place D')
      await later()
      location.hash = 'other'
      await later()
      history.go(-3)
      await later()
    })
    await page.evaluate(() => {
      window.rapport.identify('tracker-visitor', { name: 'Ada', email: 'ada@example.com' })
      window.rapport.checkoutStarted({ currency: 'EUR', products: [{ product_id: 'trk-1', price: 59.9, quantity: 2 }] })
      window.rapport.orderCompleted({ order_id: 'T-1001', total: 119.8, currency: 'EUR', products: [{ product_id: 'trk-1', price: 59.9, quantity: 2 }] })
    })
    await page.mouse.click(5, 5)
    const leaving = Date.now()
    await page.evaluate(() => {
      window.rapport.track('Visit Leaving')
      location.href = 'about:blank'
    })
    v.note('Visit Leaving', leaving)
    await page.waitForURL('about:blank')
    s.close()
    return { did: v.did, anonymousId }
  },

  /** The connection goes away in the middle: events of pages that go on, are loaded again and are left meanwhile arrive later. */
  async offline(browser) {
    const worker = `
      self.addEventListener('install', (e) => { self.skipWaiting() })
      self.addEventListener('activate', (e) => e.waitUntil(clients.claim()))
      self.addEventListener('fetch', (e) => {
        if (e.request.method !== 'GET') return
        e.respondWith(fetch(e.request).then(async (r) => { (await caches.open('shop')).put(e.request, r.clone()); return r }, () => caches.match(e.request)))
      })`
    const s = await shop({ files: { '/worker.js': worker } })
    const v = await visitor(browser, 'offline', [s.url, url])
    const page = await v.page()
    const offline = (is) => v.context.setOffline(is)
    await page.goto(`${s.url}/app`)
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/worker.js')
      await new Promise((yes) => { navigator.serviceWorker.controller ? yes() : navigator.serviceWorker.addEventListener('controllerchange', yes) })
    })
    await page.reload()
    await loaded(page)
    await v.track(page, 'Offline 1')
    await settled(page)

    await offline(true)
    await v.track(page, 'Offline 2')
    const moved = Date.now()
    await page.evaluate(() => { history.pushState({}, '', '/app/dark') })
    v.note('/app/dark', moved)
    await v.track(page, 'Offline 3')
    await page.evaluate(() => new Promise((yes) => setTimeout(yes, 150)))
    await page.goto(`${s.url}/app`) // loaded again, out of the worker's cache
    await loaded(page)
    await v.track(page, 'Offline 4')
    const second = await v.page()
    await second.goto(`${s.url}/app`)
    await loaded(second)
    await Promise.all([page, second].map((p, i) => v.track(p, `Offline ${5 + i}`)))
    const before = v.posts.length
    await page.close()
    await second.close()
    if (v.posts.length > before) v.trouble('something was sent without a connection')

    await breathe(1500) // times that are not the original ones would show
    await offline(false)
    const back = await v.page()
    await back.goto(`${s.url}/elsewhere`)
    await loaded(back)
    await v.sent('Offline 6')
    await settled(back)

    // Several tabs, and a connection that comes back while they are open.
    const tabs = [back, await v.page()]
    await tabs[1].goto(`${s.url}/app`)
    await loaded(tabs[1])
    await settled(tabs[1])
    await offline(true)
    for (let i = 7; i < 27; i++) await v.track(tabs[i % 2], `Offline ${i}`)
    await offline(false)
    await Promise.all(tabs.map(settled))
    s.close()
    return { did: v.did }
  },

  /** Nothing before consent; then what was held, with its time; nothing any more after it was withdrawn. */
  async consent(browser) {
    const s = await shop({ head: snippet('data-consent="wait"') })
    const v = await visitor(browser, 'consent', [s.url, url])
    const page = await v.page()
    const nothing = async (when, ...but) => {
      const { cookie, storage } = await v.kept(page)
      const left = [...storage, ...cookie.split('; ')].filter((k) => k && !but.some((b) => k.startsWith(b)))
      if (left.length) v.trouble(`${when} the browser keeps ${left}`)
    }
    const arrived = Date.now()
    await page.goto(`${s.url}/landing`)
    await loaded(page)
    v.note('/landing', arrived)
    await v.track(page, 'Consent Held')
    await page.evaluate(() => { document.dispatchEvent(new Event('visibilitychange')) })
    await breathe(1200) // longer than the tracker waits for company
    await nothing('before consent')
    if (v.posts.length) v.trouble(`before consent was sent: ${v.posts[0].body}`)
    await page.evaluate(() => { window.rapport.consent(true) })
    await v.sent('Consent Held')
    await settled(page)
    const id = await page.evaluate(() => window.rapport.anonymousId())

    await page.goto(`${s.url}/second`) // the answer is remembered
    await loaded(page)
    await v.track(page, 'Consent Given')
    await v.sent('Consent Given')
    if (id !== await page.evaluate(() => window.rapport.anonymousId())) v.trouble('the visitor is another one on the second page')
    if (!(await v.kept(page)).cookie.includes(`rapport_id=${id}`)) v.trouble('no cookie after consent')
    await page.evaluate(() => { window.rapport.identify('consent-visitor') })
    await settled(page)

    await page.evaluate(() => {
      window.rapport.track('Consent Waiting') // not sent yet when it is withdrawn
      window.rapport.consent(false)
    })
    await nothing('after the withdrawal', 'rapport_consent')
    await page.evaluate(() => { window.rapport.track('Consent Withdrawn') })
    await page.goto(`${s.url}/withdrawn`)
    await loaded(page)
    await page.evaluate(() => { window.rapport.track('Consent Withdrawn') })
    await breathe(600)
    await page.goto('about:blank')
    for (const name of ['Consent Waiting', 'Consent Withdrawn', '/withdrawn']) {
      if (v.posts.some((p) => p.body.includes(name))) v.trouble(`${name} was sent after the withdrawal`)
    }
    s.close()

    const d = await shop({ head: snippet('data-consent="drop"') })
    const w = await visitor(browser, 'consent, drop', [d.url, url])
    const other = await w.page()
    await other.goto(`${d.url}/dropped`)
    await loaded(other)
    await other.evaluate(() => {
      window.rapport.track('Consent Dropped')
      window.rapport.consent(true)
    })
    await w.track(other, 'Consent Kept')
    await w.sent('Consent Kept')
    await settled(other)
    d.close()
    return { did: [...v.did, ...w.did] }
  },

  /** The browser says no: nothing is sent and nothing is kept, whatever the page calls. */
  async signals(browser) {
    const s = await shop({ head: snippet() })
    for (const [name, set] of [
      ['Do Not Track', () => Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' })],
      ['Global Privacy Control', () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })],
    ]) {
      const v = await visitor(browser, name, [s.url, url])
      const page = await v.page()
      await page.goto(s.url)
      await loaded(page)
      await settled(page)
      if (!v.posts.length) v.trouble('without the signal nothing was sent')
      v.posts.length = 0
      await v.context.addInitScript(set)
      await page.goto(`${s.url}/private`)
      v.posts.length = 0 // what the page before sent as it was left
      await loaded(page)
      await page.evaluate(() => {
        window.rapport.consent(true)
        window.rapport.track('Signal Ignored')
        window.rapport.identify('signal-visitor')
      })
      await breathe(800)
      const { cookie, storage } = await v.kept(page)
      if (cookie || storage.length) v.trouble(`the browser keeps ${cookie} ${storage}`)
      await page.goto('about:blank')
      if (v.posts.length) v.trouble(`was sent: ${v.posts[0].body}`)
    }
    s.close()
    return { did: [] }
  },

  /** Under the shop's own address, with a strict policy, and with a server that is busy first, and then is not heard. */
  async proxied(browser) {
    let tries = 0
    const s = await shop({
      policy: "default-src 'none'; script-src 'self'; connect-src 'self'",
      head: `<script src="/own.js"></script><script async src="/crm/t.js" data-key="${writeKey}" data-vitals="off"></script>`,
      files: { '/own.js': "(window.rapport = window.rapport || []).push(['page', 'Shop', 'Own Domain'], ['track', 'Proxied Early'])" },
      meddle: (req, res) => {
        if (req.method !== 'POST') return false
        tries++
        if (tries > 4) return false
        if (tries > 1) forward(req, res, true)
        else req.resume().on('end', () => res.writeHead(429, { 'retry-after': '2' }).end('{}'))
        return true
      },
    })
    const v = await visitor(browser, 'proxied', [s.url])
    const page = await v.page()
    await page.goto(s.url)
    await v.track(page, 'Proxied Once')
    await settled(page)
    // The browser itself asks again once where a connection breaks; the tracker has to as well.
    if (tries < 5) v.trouble(`only ${tries} requests, although the first was turned away and the next three not answered`)
    // The first of all requests is the one that was turned away, whether the later call was already in it or not.
    const [turnedAway, back] = v.posts
    if (back.at - turnedAway.at < 1950) v.trouble(`came back after ${back.at - turnedAway.at} ms although the server asked for 2 s`)
    s.close()
    return { did: v.did }
  },

  /** A checkout on another subdomain, a device that two people use, and a router that keeps its place after the #. */
  async subdomains(browser) {
    const s = await shop({ head: snippet('data-pages="hash"') })
    const [www, pay] = ['www', 'pay'].map((name) => s.url.replace('127.0.0.1', `${name}.shop.localhost`))
    const v = await visitor(browser, 'subdomains', [www, pay, url])
    const page = await v.page()
    const id = () => page.evaluate(() => window.rapport.anonymousId())
    await page.goto(`${www}/one#/a`)
    await loaded(page)
    const first = await id()
    await page.evaluate(() => { location.hash = '/b' })
    await v.track(page, 'Subdomain Www')
    await v.sent('/one#/b')
    await page.goto(`${pay}/two`)
    await loaded(page)
    if (await id() !== first) v.trouble('the checkout sees another visitor')
    await page.evaluate(() => { window.rapport.identify('subdomain-1') })
    if (await id() !== first) v.trouble('the visitor is another one after he said who he is')
    await v.track(page, 'Subdomain Pay')
    await page.evaluate(() => { window.rapport.identify('subdomain-2') })
    const second = await id()
    await page.evaluate(() => { window.rapport.reset() })
    const third = await id()
    if (new Set([first, second, third]).size !== 3) v.trouble('two people, or one who signed out, have the same id')
    await settled(page)
    await page.goto(`${www}/three`)
    await loaded(page)
    if (await id() !== third) v.trouble('the first subdomain does not know of the new visitor')
    await settled(page)
    s.close()
    return { did: v.did }
  },

  /** A frame that may store nothing, and a page that wants nothing stored. */
  async unstored(browser) {
    const s = await shop({
      head: snippet('data-storage="none"'),
      body: `<iframe sandbox="allow-scripts" srcdoc="${snippet('data-vitals="off"').replaceAll('"', '&quot;')}<script>rapport.track('Unstored Frame')</script>"></iframe>`,
    })
    const v = await visitor(browser, 'unstored', [s.url, url])
    const page = await v.page()
    const from = Date.now()
    await page.goto(s.url)
    await loaded(page)
    // The server is asked for it: what a sandboxed frame posts is not always shown to who watches the browser.
    v.note('Unstored Frame', from)
    await v.track(page, 'Unstored Page')
    await v.sent('Unstored Page')
    const { cookie, storage } = await v.kept(page)
    if (cookie || storage.length) v.trouble(`the browser keeps ${cookie} ${storage}`)
    await breathe(300)
    s.close()
    return { did: v.did }
  },
}

try {
  const { browser } = await open(chromium)
  const asked = orders.stories ?? Object.keys(stories)
  await Promise.all(asked.map(async (name) => {
    const began = Date.now()
    const told = await stories[name](browser).catch((e) => { throw new Error(`${name}: ${e.stack ?? e}`) })
    tell({ story: name, took: Date.now() - began, ...told })
  }))
  // The browser stays until the test is done: what a page sent as it was left may still be under way.
  tell({ done: true })
} catch (e) {
  fail(e)
  process.exit()
}
