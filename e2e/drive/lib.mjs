// What the drivers share: their orders come as one JSON argument, their news goes out as JSON lines.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'

export const orders = JSON.parse(process.argv[2] ?? '{}')

export function tell(news) {
  process.stdout.write(JSON.stringify(news) + '\n')
}

export function fail(error) {
  tell({ error: String(error?.stack ?? error) })
  process.exitCode = 1
}

process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)

// The other side closes our standard input when it is gone: nothing may outlive the test.
process.stdin.on('end', () => process.exit(1)).resume()

/** Lets other work happen for ms milliseconds: SDKs send from timers. */
export const breathe = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Sends the events of a run: the first third anonymously, then everybody says who he is, the rest as known people. */
export async function run({ count, people, track, identify, pace }) {
  for (let i = 0; i < count; i++) {
    const person = i % people
    const known = i >= count / 3
    if (known && i - people < count / 3) await identify(person)
    await track(person, i, known)
    if ((i + 1) % Math.max(10, Math.floor(count / 20)) === 0) tell({ sent: i + 1 })
    await pace(i)
  }
}

/** Serves a page and files of packages, as the shop's own site would: another origin than Rapport's. */
export async function site(files) {
  const server = createServer((req, res) => {
    const path = new URL(req.url, 'http://x').pathname
    const file = files[path]
    if (!file) {
      res.writeHead(404).end()
      return
    }
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8'
    res.writeHead(200, { 'content-type': type }).end(file)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

export const fileOf = (path) => readFileSync(new URL(`../node_modules/${path}`, import.meta.url))
