// Connecting Meta Ads by both of its ways, and what is sent there.
import { expect, page as path, purchase, test, type Page } from './demo'
import { delivered, disconnect, expectAskedFirst, expectNamed, expire, leave, name, sendTestEvent } from './steps'

test.describe.configure({ mode: 'serial' })

const pasted = 'EAAsimulator00eventsmanager0000000000002'
const dataset = '300000000000000001'

/** Opens the second way where it is folded away. */
async function tokenForm(page: Page) {
  const way = page.locator('details.more', { hasText: /access token instead|Rotate the token/ })
  if (!(await way.evaluate((details: HTMLDetailsElement) => details.open))) await way.locator('summary').click()
  return way
}

test('a purchase after a Meta click is delivered with its click id and no token in the log @core', async ({ signedIn: page, demo }) => {
  expect(await demo.messages(...purchase('fbclid'))).toBe(200)
  await delivered(page, path.meta)
  await page.getByRole('row', { name: /purchase First Purchase/ }).first().getByRole('link').click()
  await expect(page.locator('#request-body')).toContainText('"event_name": "Purchase"')
  await expect(page.locator('#request-body')).toContainText('"fbc": "fb.1.')
  await expect(page.locator('#request-body')).toContainText('"value": 12.99')
  await expect(page.getByText(`/v26.0/${dataset}/events`).first()).toBeVisible()
  await expect(page.locator('body')).not.toContainText('EAAsimulator')
})

test('a purchase that Meta would refuse is not sent, and says why @core', async ({ signedIn: page, demo }) => {
  expect(await demo.messages(...purchase('fbclid', '12,99'))).toBe(200)
  await expect(async () => {
    await page.goto(`${path.meta}?status=failed`)
    await page.getByRole('row', { name: /purchase First Purchase/ }).first().getByRole('link').click({ timeout: 500 })
  }).toPass()
  await expect(page.getByText('Meta takes a Purchase only with a value and a currency').first()).toBeVisible()
})

test('Connect leads through the business at Facebook to its dataset @core @mobile', async ({ signedIn: page, demo }) => {
  await disconnect(page, path.meta)
  await leave(page, 'Connect Meta Ads')
  await page.getByRole('button', { name: 'Deny' }).click()
  await expect(page.getByText('You did not allow the connection')).toBeVisible()
  await leave(page, 'Connect Meta Ads')
  await page.getByRole('button', { name: 'Allow' }).click()
  // The one business is picked by itself; its datasets come on two pages, its client's after them.
  await expect(page.getByRole('radio')).toHaveCount(33)
  await expect(page.getByText('Meta counts test events in the real dataset')).toBeVisible()
  await page.getByRole('radio', { name: new RegExp(dataset) }).check()
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByText('Meta Ads is connected')).toBeVisible()
  await expect(page.getByText('Sample Studio').first()).toBeVisible()
  await expect(page.getByText('Token ends')).toBeVisible()
  await expect(page.getByText("Meta's token ends soon")).toHaveCount(0)
  expect(await demo.messages(...purchase('fbclid', '9.99'))).toBe(200)
  await delivered(page, path.meta)
})

test('a pasted token is the other way, tried before it is saved @core', async ({ signedIn: page, demo }) => {
  await disconnect(page, path.meta)
  const connect = async (id: string, token: string) => {
    const form = await tokenForm(page)
    await form.getByLabel('Dataset id').fill(id)
    await form.getByLabel('Access token').fill(token)
    await form.getByRole('button', { name: 'Connect', exact: true }).click()
  }
  await connect(dataset, 'not-the-token-of-anybody')
  await expect(page.getByText('The network refuses this')).toBeVisible()
  await connect('300000000000000004', pasted)
  await expect(page.getByText('may not use this account or pixel')).toBeVisible()
  await connect(dataset, pasted)
  await expect(page.getByText('Meta Ads is connected')).toBeVisible()
  await expect(page.getByText('••••••••0002')).toBeVisible()
  expect(await demo.messages(...purchase('fbclid', '4.99'))).toBe(200)
  await delivered(page, path.meta)
})

test('a test event goes the whole way under the name that was chosen @core', async ({ signedIn: page }) => {
  await page.goto(path.meta)
  await expect(page.getByRole('button', { name: 'Send test event' })).toHaveCount(0)
  await page.getByLabel('Test event code').first().fill('TEST12345')
  await page.getByRole('button', { name: 'Save the test code' }).click()
  await name(page, 'A name of your own', 'Founders Pack')
  await expectNamed(page, 'Custom event')
  await sendTestEvent(page, 'Meta', '"event_name": "Founders Pack"', 'TEST12345', 'events_received')
  await page.goto(path.meta)
  await name(page, 'Purchase (usual)')
  await expect(page.getByText('Saved.')).toBeVisible()
})

test('an expired token parks; another dataset asks first, and signing in to the same one drains what waits @core', async ({ signedIn: page, demo }) => {
  await expire(page, demo, path.meta, { network: 'meta', short: 'Meta', click: 'fbclid' })
  await leave(page, 'Reconnect Meta Ads')
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('radio').nth(1).check()
  await page.getByRole('button', { name: 'Connect' }).click()
  await expectAskedFirst(page)
  await page.getByRole('radio', { name: new RegExp(dataset) }).check()
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByText('Meta Ads is connected')).toBeVisible()
  await delivered(page, path.meta)
  await demo.simulate('tokens/restore', { network: 'meta' })
})
