// A tour through the filled shop: sign in, overview, find a customer, profile, palette, Persian, dark, phone, no connection.
import { orders } from './lib.mjs'
import { visit } from './visitor.mjs'

const pages = ['/orders', '/carts', '/products', '/events', '/imports', '/settings/shop', '/settings/sources', '/settings/people', '/settings/rates', '/settings/audit', '/settings/account']

await visit(async (v) => {
  const { page, context } = v
  const { customer } = orders

  v.at('signing in')
  await v.goto('/customers')
  await page.waitForURL('**/signin**')
  await v.look('sign-in')
  await page.getByLabel('E-mail').fill(orders.email)
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Password', { exact: true }).fill(orders.password)
  await page.keyboard.press('Enter')
  await page.waitForURL((u) => u.pathname === '/customers')
  const cookies = await context.cookies()
  v.check(cookies.some((c) => c.httpOnly && c.sameSite !== 'None'), 'no HttpOnly session cookie')

  v.at('home')
  await page.getByRole('link', { name: 'Home' }).first().click()
  await page.getByText('Revenue').first().waitFor()
  await page.getByText('Best-selling products').waitFor()
  await v.look('home')

  v.at('customers')
  await page.getByRole('link', { name: 'Customers' }).first().click()
  const search = page.getByRole('searchbox').or(page.getByPlaceholder('Name, e-mail, phone or number')).first()
  await search.pressSequentially(customer.name.slice(0, 6), { delay: 15 })
  const found = page.getByRole('link', { name: customer.name }).or(page.getByRole('row').filter({ hasText: customer.name })).first()
  await found.waitFor()
  await v.look('customers')
  await found.click()

  v.at('profile')
  await page.waitForURL('**/customers/*')
  await page.getByRole('heading', { name: customer.name }).first().waitFor()
  await page.getByText(customer.email).first().waitFor()
  await page.getByText('Timeline').first().waitFor()
  await v.look('profile')

  v.at('palette')
  const palette = page.getByPlaceholder('Find a customer, an order, a product, a page…')
  // Results that come later than the first ones are not preselected, so a person goes down to what he wants.
  const choose = async (words, wanted) => {
    await page.keyboard.press('Control+k')
    await palette.pressSequentially(words)
    const hit = page.locator('[role=dialog] .mantine-Spotlight-action').filter({ hasText: wanted }).first()
    await hit.waitFor()
    for (let i = 0; i < 10 && (await hit.getAttribute('data-selected')) === null; i++) await page.keyboard.press('ArrowDown')
    await v.look(`palette-${words.slice(0, 5)}`)
    await page.keyboard.press('Enter')
  }
  await choose('produ', 'Products')
  await page.waitForURL('**/products')
  await palette.waitFor({ state: 'detached' })
  await choose(customer.email, customer.name)
  await page.waitForURL('**/customers/*')

  for (const path of pages) {
    v.at(path)
    await v.goto(path)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await v.look('page' + path.replaceAll('/', '-'))
  }

  v.at('no connection')
  await v.goto('/customers')
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  v.offline = true
  await context.setOffline(true)
  await page.getByText('No connection. What was loaded stays readable', { exact: false }).first().waitFor()
  v.check((await page.getByRole('heading', { level: 1 }).count()) > 0, 'what was loaded is gone')
  await page.screenshot({ path: `${orders.out}/offline.png` })
  await context.setOffline(false)
  await page.getByText('No connection. What was loaded stays readable', { exact: false }).first().waitFor({ state: 'detached' })
  await v.settled()
  v.offline = false

  v.at('Persian')
  await page.getByRole('button', { name: 'Account:' }).first().click()
  await page.getByText('فارسی').first().click()
  await page.locator('html[dir=rtl][lang=fa]').waitFor()
  await page.keyboard.press('Escape')
  await v.look('customers-fa')
  await v.goto('/')
  await page.getByText(/[۰-۹]/).first().waitFor()
  v.check((await page.locator('html').getAttribute('dir')) === 'rtl', 'Persian is forgotten by the next page')
  await v.look('home-fa')

  v.at('dark')
  await page.locator('aside button').last().click()
  await page.locator('label[for$="-dark"]').click()
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
  await page.keyboard.press('Escape')
  await v.look('home-fa-dark')
  await v.goto('/customers')
  await v.look('customers-fa-dark')

  v.at('phone')
  await page.setViewportSize({ width: 360, height: 740 })
  await v.goto('/')
  await v.look('home-phone-fa-dark')
  await v.goto('/customers')
  await v.look('customers-phone-fa-dark')

  v.at('wide')
  await page.setViewportSize({ width: 2560, height: 1300 })
  await v.goto('/')
  await v.look('home-wide-fa-dark')
})
