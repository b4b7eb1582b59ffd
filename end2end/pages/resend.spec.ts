// Sending again by hand: rows picked in the log, all that a filter shows, one from its own page.
import { expectAccessible, expectFits } from './readers'
import { expect, page as path, purchase, test, type Demo, type Page } from './demo'

test.describe.configure({ mode: 'serial' })

const failed = `${path.meta}?status=failed`

/** So many purchases that the network refuses for what they say; their rows are the newest of the log. */
async function refused(page: Page, demo: Demo, count: number) {
  const rows = page.locator('tbody tr', { hasText: 'Failed' })
  await page.goto(failed)
  const before = await rows.count()
  for (let made = 1; made <= count; made += 1) {
    await demo.simulate('faults', { network: 'meta', status: 400, code: 100, times: 1 })
    expect(await demo.messages(...purchase('fbclid'))).toBe(200)
    await expect(async () => {
      await page.goto(failed)
      await expect(rows).toHaveCount(before + made, { timeout: 500 })
    }).toPass()
  }
}

/** On the page of a resend: looks until the numbers say so, as somebody without JavaScript does. */
async function watch(page: Page, says: RegExp) {
  await expect(page).toHaveURL(/\/resends\//)
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('status').filter({ hasText: says })).toBeVisible({ timeout: 500 })
  }).toPass()
}

test('rows that are ticked go out again @core @mobile', async ({ signedIn: page, demo }) => {
  await refused(page, demo, 2)
  await page.getByRole('button', { name: 'Resend selected…' }).click()
  await expect(page.getByRole('heading', { name: 'No row is selected' })).toBeVisible()
  await page.goto(failed)
  for (const at of [0, 1]) await page.getByRole('checkbox', { name: /^Select purchase, / }).nth(at).check()
  await page.getByRole('button', { name: 'Resend selected…' }).click()
  await expect(page.getByRole('heading', { name: 'Send 2 postbacks again?' })).toBeVisible()
  await expectFits(page)
  await page.getByRole('button', { name: 'Resend 2' }).click()
  await watch(page, /2 postbacks were sent again/)
  await expect(page.locator('.stat', { hasText: 'Accepted so far' })).toContainText('2')
  await expectFits(page)
  await page.goto(path.meta)
  await expect(page.getByRole('row', { name: /purchase First Purchase Success .* 2$/ }).first()).toBeVisible()
})

test('the page of a resend keeps itself true, and the log leads to it', async ({ signedIn: page, demo }) => {
  test.slow()
  await refused(page, demo, 1)
  await page.goto(path.meta)
  await page.getByRole('switch', { name: 'Enabled' }).click()
  await page.goto(failed)
  await expectAccessible(page)
  const all = page.getByRole('checkbox', { name: 'Select all on this page' })
  await all.check()
  const rows = await page.getByRole('checkbox', { name: /^Select purchase, / }).count()
  await expect(page.getByText(rows === 1 ? '1 row selected' : `${rows} rows selected`)).toBeVisible()
  await all.uncheck()
  await expect(page.getByText('0 rows selected')).toBeVisible()
  await page.getByRole('link', { name: 'Resend all that this filter shows…' }).click()
  // Others may have left refused ones, too.
  const question = page.getByRole('heading', { name: /^Send \d+ postbacks? again\?$/ })
  await expect(question).toBeVisible()
  const [, count] = (await question.textContent())!.match(/(\d+)/)!
  await expect(page.getByText('Meta is switched off, so it stays in the queue')).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: `Resend ${count}` }).click()
  const job = page.url()
  await expect(page.getByRole('status').filter({ hasText: new RegExp(`${count} postbacks? (is|are) back in the queue`) })).toBeVisible()
  await expect(page.getByText('They wait')).toBeVisible()
  await expectAccessible(page)

  const other = await page.context().newPage()
  await other.goto(path.meta)
  await other.getByRole('switch', { name: 'Disabled' }).click()
  await other.close()
  await expect(page.getByRole('status').filter({ hasText: new RegExp(`${count} postbacks? (was|were) sent again`) })).toBeVisible({ timeout: 20_000 })
  await expect(page.getByText('They wait')).toHaveCount(0)
  expect(page.url()).toBe(job)
})

test('one goes out again from its own page; what arrived is ignored @core', async ({ signedIn: page, demo }) => {
  await refused(page, demo, 1)
  await page.locator('tbody tr', { hasText: 'Failed' }).first().getByRole('link').click()
  await page.getByRole('link', { name: 'Resend' }).click()
  await expect(page.getByRole('heading', { name: 'Send it again?' })).toBeVisible()
  await page.getByRole('button', { name: 'Resend' }).click()
  await expect(page.getByText('Sent again.', { exact: true })).toBeVisible()
  await expect(page.getByText('Sent again by hand')).toBeVisible()
  const second = page.getByRole('link', { name: 'Attempt 2' })
  await expect(async () => {
    await page.reload()
    await expect(second).toBeVisible({ timeout: 500 })
  }).toPass()
  await second.click()
  await expect(page.getByText('Meta accepted the postback')).toBeVisible()
  await page.getByRole('link', { name: 'Resend' }).click()
  await expect(page.getByText('Meta will ignore it.')).toBeVisible()
})

test('axe finds nothing serious in the questions about one', async ({ signedIn: page, demo }) => {
  await refused(page, demo, 1)
  await page.locator('tbody tr', { hasText: 'Failed' }).first().getByRole('link').click()
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Resend' }).click()
  await expectFits(page)
  await expectAccessible(page)
})
