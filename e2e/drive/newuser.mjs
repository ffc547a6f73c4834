// From an empty directory to the profile of a customer, as somebody who has just installed Rapport: only what the pages show, only clicks and typing.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { orders, site } from './lib.mjs'
import { visit } from './visitor.mjs'

// A customer of CDNOW who is a customer of this shop, too, under the same number.
const ada = { number: '00004', name: 'Ada Byron', email: 'ada.byron@example.com' }

/** A small shop of another origin. The snippet goes where the page of Rapport says: before the end of the head, and as it was copied. */
const shop = (snippet) => {
  const page = (title, body) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">
${snippet}
</head><body><h1>${title}</h1>${body}</body></html>`
  return site({
    '/': page('Rings & Chains', '<a href="/products/chain-bracelet">7 Shakra Bracelet</a>'),
    '/products/chain-bracelet': page('7 Shakra Bracelet', `<p>42.99</p>
<script>rapport.productViewed({ product_id: 'chain-bracelet', name: '7 Shakra Bracelet', price: 42.99, currency: 'USD' })</script>
<form id="sign-in"><label>E-mail <input name="email" type="email"></label> <button>Sign in</button></form><p role="status"></p>
<script>
  document.getElementById('sign-in').addEventListener('submit', function (e) {
    e.preventDefault()
    rapport.identify('${ada.number}', { name: '${ada.name}', email: this.email.value })
    document.querySelector('[role=status]').textContent = 'Welcome back'
  })
</script>`),
  })
}

await visit(async (v) => {
  const { page, context } = v
  const side = (name) => page.getByRole('complementary').getByRole('link', { name, exact: true }).click()

  v.at('set-up')
  await v.goto('/')
  await page.waitForURL('**/setup')
  await page.getByLabel('Your name').fill('Maryam Weber')
  await page.getByLabel('E-mail').fill(orders.email)
  await page.getByLabel('Password', { exact: true }).fill(orders.password)
  await page.getByLabel('Name of the shop').fill('Rings & Chains')
  const currency = page.getByRole('combobox', { name: 'Currency of your figures' })
  await currency.click()
  await currency.fill('usd')
  await page.getByRole('option', { name: /^USD/ }).click()
  await v.look('1-set-up')
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForURL('**/start')

  v.at('the shop')
  await page.getByLabel('Name of the shop').waitFor()
  v.check((await page.getByRole('combobox', { name: 'Currency' }).inputValue()).startsWith('USD'), 'the currency of the set-up is not the shop\'s')
  await v.look('2-shop')
  await page.getByRole('button', { name: 'That is right' }).click()

  v.at('the snippet')
  await page.getByRole('button', { name: /^My web pages/ }).click()
  await page.getByRole('button', { name: 'Make the key for my pages' }).click()
  const panel = page.getByRole('tabpanel')
  await panel.locator('pre').waitFor()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: orders.url })
  await panel.getByRole('button', { name: 'Copy' }).click()
  await panel.getByRole('button', { name: 'Copied' }).waitFor()
  const snippet = await page.evaluate(() => navigator.clipboard.readText())
  v.check(snippet.trim() === (await panel.locator('pre').textContent()).trim(), 'what is copied is not what is shown')
  await page.mouse.move(0, 0) // the hint of the button goes
  await page.getByRole('tooltip').waitFor({ state: 'detached' })
  await v.look('3-snippet')
  await page.getByRole('button', { name: 'It is in, wait for the first event' }).click()
  await page.getByText('Waiting for the first event…').waitFor()

  v.at('a visit of the shop')
  const own = await shop(snippet)
  const buyer = await context.browser().newContext({ locale: 'en-US' })
  const pages = await buyer.newPage()
  pages.setDefaultTimeout(20_000)
  pages.on('pageerror', (e) => v.trouble(`exception in the shop: ${e.stack ?? e}`))
  pages.on('console', (m) => { if (m.type() === 'error') v.trouble(`console of the shop: ${m.text()} ${m.location().url}`) })
  await pages.goto(own.url)
  await page.getByText('The first event has arrived.').waitFor()
  await page.getByText('Rings & Chains').last().waitFor()
  await v.look('4-first-event')
  await pages.getByRole('link', { name: '7 Shakra Bracelet' }).click()
  await page.getByText('Product Viewed').first().waitFor()
  await pages.getByLabel('E-mail').fill(ada.email)
  await pages.getByRole('button', { name: 'Sign in' }).click()
  await pages.getByText('Welcome back').waitFor()
  await page.getByText('Identif').first().waitFor()
  await v.look('5-more-events')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'Nobody else for now' }).click()
  await page.getByRole('button', { name: 'Put the first steps away' }).click()
  await page.waitForURL((u) => u.pathname === '/')
  await v.look('6-home')

  const send = async (path) => {
    await side('Imports')
    await page.getByRole('button', { name: 'Import a file' }).click()
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: /^Choose a file/ }).click()])
    await chooser.setFiles(path)
    await page.waitForURL(/\/imports\/\d+$/)
    await page.getByRole('heading', { name: 'What the file holds' }).waitFor()
  }

  v.at('the catalogue')
  await send(orders.catalogue)
  v.check((await page.getByRole('combobox', { name: 'What does it hold?' }).inputValue()) === 'Products', 'a catalogue of Shopify is not taken for products')
  await v.look('7-catalogue')
  await page.getByRole('button', { name: 'Show what will happen' }).click()
  await page.locator('[data-kind=created] dd').waitFor()
  v.check((await page.locator('[data-kind=refused] dd').innerText()) === '0', 'rows of the catalogue would be refused')
  await v.look('8-catalogue-preview')
  await page.getByRole('button', { name: 'Start the import' }).click()
  await page.getByText('Done', { exact: true }).waitFor()
  await v.look('9-catalogue-done')

  v.at('CDNOW')
  await send(orders.cdnow)
  await v.look('10-cdnow')
  await page.getByRole('button', { name: 'Show what will happen' }).click()
  await page.locator('[data-kind=created] dd').waitFor()
  await v.look('11-cdnow-preview')
  await page.getByRole('button', { name: 'Start the import' }).click()
  v.at('waiting for the orders')
  await page.getByText('Done', { exact: true }).waitFor({ timeout: 110_000 })
  await page.getByText('69,659 rows', { exact: false }).first().waitFor()
  await v.look('12-cdnow-done')

  v.at('the figures')
  await side('Home')
  const older = page.getByRole('status').filter({ hasText: 'The newest one is of 30 Jun 1998.' })
  await older.waitFor()
  await v.look('13-home')
  await older.getByRole('button', { name: 'Show the year up to it' }).click()
  await page.getByRole('button', { name: '1 Jul 1997 – 30 Jun 1998' }).waitFor()
  await older.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: '1 Jul 1997 – 30 Jun 1998' }).click()
  const picker = page.getByRole('dialog')
  await picker.getByRole('combobox', { name: 'year' }).selectOption('1997')
  await picker.getByRole('combobox', { name: 'month' }).selectOption('January')
  await picker.getByRole('button', { name: /\b1 January 1997/ }).click()
  await picker.getByRole('combobox', { name: 'year' }).selectOption('1998')
  await picker.getByRole('combobox', { name: 'month' }).selectOption('June')
  await v.look('14-period')
  await picker.getByRole('button', { name: /30 June 1998/ }).click()
  for (const words of ['69,659', '$2,500,315.63', '23,570', 'Lines without a product']) await page.getByText(words, { exact: true }).first().waitFor()
  await v.look('15-figures')
  await side('Orders')
  await page.getByRole('link', { name: 'without number' }).first().waitFor()
  await v.look('16-orders')

  v.at('the customer')
  await page.getByRole('button', { name: /^Search/ }).click()
  const box = page.getByPlaceholder('Find a customer, an order, a product, a page…')
  await box.pressSequentially('ada by')
  const hit = page.getByRole('dialog').locator('button').filter({ hasText: ada.name })
  await hit.waitFor()
  await v.look('17-search')
  await hit.click()
  await page.getByRole('heading', { level: 1, name: ada.name }).waitFor()
  const story = page.getByRole('region', { name: 'Timeline' })
  for (const words of [/Looked at .?7 Shakra Bracelet/, /Visited .?Rings & Chains/, /Said who this is/, /29\.33/, /29\.73/, /14\.96/, /26\.48/]) {
    await story.getByText(words).first().waitFor()
  }
  await page.getByText('$100.50').first().waitFor()
  await v.look('18-profile')
  await story.getByText(/Order .?without number/).first().waitFor()
  v.check((await page.getByText('row:').count()) === 0, 'the checksum of a row is shown as the number of its order')
  const profile = new URL(page.url()).pathname

  v.at('in Persian, on a phone')
  await page.getByRole('button', { name: /^Account/ }).first().click()
  await page.getByText('فارسی').first().click()
  await page.locator('html[dir=rtl][lang=fa]').waitFor()
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 360, height: 740 })
  for (const [name, path, words] of [['home', '/?period=custom&from=1997-01-01&until=1998-06-30', '۶۹٬۶۵۹'], ['imports', '/imports', 'CDNOW_master.txt'],
    ['profile', profile, ada.name], ['empty-home', '/', 'نمایش یک سال تا آن روز']]) {
    await v.goto(path)
    await page.getByText(words).first().waitFor()
    await v.look(`fa-${name}`)
  }
})
