// The first steps of an owner, down to the first event that arrives while he looks; another browser goes on where this one stopped.
import { orders } from './lib.mjs'
import { another, visit } from './visitor.mjs'

await visit(async (v) => {
  const { page } = v
  const signIn = async (p) => {
    await p.goto(`${orders.url}/signin?next=/start`)
    await p.getByLabel('E-mail').fill(orders.email)
    await p.getByLabel('Password', { exact: true }).fill(orders.password)
    await p.keyboard.press('Enter')
    await p.waitForURL('**/start')
  }

  v.at('the shop')
  await signIn(page)
  await page.getByLabel('Name of the shop').fill('Mehr & Moss')
  await page.getByRole('button', { name: 'That is right' }).click()

  v.at('the source')
  await page.getByRole('button', { name: /^My web pages/ }).click()
  await page.getByRole('button', { name: 'Make the key for my pages' }).click()
  const snippet = page.getByRole('tabpanel').getByRole('group').locator('pre')
  await snippet.waitFor()
  const text = await snippet.innerText()
  const key = /data-key="(pk_[\w-]+)"/.exec(text)?.[1]
  v.check(text.includes(`${orders.url}/t.js`) && key, `the snippet holds no address and key: ${text}`)
  await v.look('start-source')
  await page.getByRole('button', { name: 'It is in, wait for the first event' }).click()

  v.at('the first event')
  await page.getByText('Waiting for the first event…').waitFor()
  await v.look('start-waiting')
  const answer = await fetch(`${orders.url}/v1/page`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${key}:`)}` },
    body: JSON.stringify({ anonymousId: 'somebody', name: 'Home page', properties: { path: '/' } }),
  })
  v.check(answer.status === 200, `the event was answered ${answer.status}`)
  await page.getByText('The first event has arrived.').waitFor()
  await page.getByText('Home page').first().waitFor()
  await v.look('start-event')

  v.at('a made-up shop in a real one')
  await page.getByRole('button', { name: /Where the data comes from/ }).click()
  await page.getByRole('button', { name: /^A made-up shop/ }).click()
  await page.getByRole('button', { name: 'Fill it with a made-up shop' }).click()
  await page.getByRole('alert').getByText('real shop').waitFor()
  await v.look('start-demo')

  v.at('another browser')
  const later = await another(v, {})
  await signIn(later.page)
  await later.page.getByText('3 of 4').first().waitFor()
  await later.page.getByRole('button', { name: 'Make the link' }).waitFor()
  await later.page.getByRole('button', { name: 'Nobody else for now' }).click()
  await later.page.getByText('4 of 4').first().waitFor()
  await later.page.getByRole('button', { name: 'Put the first steps away' }).click()
  await later.page.waitForURL((u) => u.pathname === '/')
  await later.page.getByText('4 of 4').first().waitFor({ state: 'detached' })

  v.at('in Persian, on a phone, in the dark')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.getByRole('button', { name: 'Account:' }).first().click()
  await page.getByText('فارسی').first().click()
  await page.locator('html[dir=rtl][lang=fa]').waitFor()
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 360, height: 740 })
  for (const path of ['/start', '/settings/shop', '/settings/sources', '/settings/languages', '/settings/data', '/settings/rates']) {
    await v.goto(path)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await v.look('phone-fa-dark' + path.replaceAll('/', '-'))
  }
})
