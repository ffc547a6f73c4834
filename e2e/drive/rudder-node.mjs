// The unmodified @rudderstack/rudder-sdk-node: gzip under a form's content type.
import { createRequire } from 'node:module'
import { breathe, fail, orders, run, tell } from './lib.mjs'

const Analytics = createRequire(import.meta.url)('@rudderstack/rudder-sdk-node')
const { url, writeKey, count, name, people } = orders
const lost = []
const analytics = new (Analytics.default ?? Analytics)(writeKey, {
  dataPlaneUrl: url,
  flushAt: 20,
  flushInterval: 200,
  retryCount: 200,
  axiosRetryConfig: { retryDelay: (n) => Math.min(2000, 100 * 2 ** n) },
  logLevel: 'error',
  errorHandler: (e) => lost.push(String(e?.message ?? e)),
})

let open = 0 // events whose delivery is not settled
const settled = (e) => {
  open--
  if (e) lost.push(String(e?.message ?? e))
}

const anonymousId = (p) => `${name}-device-${p}`
const userId = (p) => `${name}-user-${p}`

try {
  await run({
    count,
    people,
    identify: (p) => {
      open++
      analytics.identify({ userId: userId(p), anonymousId: anonymousId(p), traits: { email: `${userId(p)}@example.com`, name: `شخص ${p}` } }, settled)
    },
    track: (p, seq, known) => {
      open++
      const who = known ? { userId: userId(p) } : {}
      analytics.track({ event: `${name} Clicked`, anonymousId: anonymousId(p), ...who, properties: { seq, text: 'ሱቅ فروشگاه 店' } }, settled)
    },
    pace: (i) => (i % 20 === 19 ? breathe(count > 1000 ? 8 : 40) : undefined),
  })
  while (open > 0) {
    await analytics.flush().catch((e) => lost.push(String(e)))
    await breathe(20)
  }
  tell({ done: true, lost })
  process.exit()
} catch (e) {
  fail(e)
}
