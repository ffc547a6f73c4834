// The very first visit: nobody has an account yet.
import { orders } from './lib.mjs'
import { visit } from './visitor.mjs'

await visit(async (v) => {
  const { page } = v
  await v.goto('/')
  await page.waitForURL('**/setup')
  await v.look('set-up')
  await page.getByLabel('Your name').fill('مریم Weber')
  await page.getByLabel('E-mail').fill(orders.email)
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByLabel('Name of the shop').fill('Mehr & Moss')
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByText('At least 8 characters, please.').waitFor()
  await page.getByLabel('Password', { exact: true }).fill(orders.password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/start')
  await page.getByText('Where the data comes from').first().waitFor()
  await v.look('first-steps')
  await page.getByRole('button', { name: 'Later' }).click()
  await page.waitForURL((u) => u.pathname === '/')
  await page.getByRole('link', { name: 'Customers' }).first().waitFor()
  v.check((await page.locator('html').getAttribute('lang')) === 'en', 'the page is not in English')
  await v.look('home-empty')
  await page.getByRole('link', { name: 'Customers' }).first().click()
  await page.getByText('Here will be everyone your shop meets').waitFor()
  await v.look('customers-empty')
})
