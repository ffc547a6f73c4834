// The unmodified @segment/analytics-node.
import { Analytics } from '@segment/analytics-node'
import { breathe, fail, orders, run, tell } from './lib.mjs'

const { url, writeKey, count, name, people } = orders
const analytics = new Analytics({ writeKey, host: url, flushAt: 20, flushInterval: 200, maxRetries: 200 })
const lost = []
analytics.on('error', (e) => lost.push(`${e.code}: ${e.reason?.message ?? e.reason}`))

const anonymousId = (p) => `${name}-device-${p}`
const userId = (p) => `${name}-user-${p}`

try {
  await run({
    count,
    people,
    identify: (p) => analytics.identify({ userId: userId(p), anonymousId: anonymousId(p), traits: { email: `${userId(p)}@example.com`, name: `Person ${p} Οδυσσέας` } }),
    track: (p, seq, known) =>
      analytics.track({ event: `${name} Clicked`, anonymousId: anonymousId(p), ...(known ? { userId: userId(p) } : {}), properties: { seq, text: 'ሱቅ فروشگاه 店' } }),
    pace: (i) => (i % 20 === 19 ? breathe(count > 1000 ? 8 : 40) : undefined),
  })
  await analytics.closeAndFlush({ timeout: 150_000 })
  tell({ done: true, lost })
  process.exit()
} catch (e) {
  fail(e)
}
