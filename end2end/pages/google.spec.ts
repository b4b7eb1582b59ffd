// Connecting Google Ads through a manager, mapping goals to conversion actions, and what is sent.
import { expect, page as path, purchase, test, type Page } from './demo'
import { delivered, disconnect, expectAskedFirst, expire, leave, sendTestEvent } from './steps'

test.describe.configure({ mode: 'serial' })

test('a purchase after a Google click counts under its conversion action @core', async ({ signedIn: page, demo }) => {
  expect(await demo.messages(...purchase('gclid'))).toBe(200)
  await delivered(page, path.google)
  await page.getByRole('row', { name: /Success/ }).first().getByRole('link').click()
  await expect(page.locator('#request-body')).toContainText('"gclid"')
  await expect(page.locator('#request-body')).toContainText('"conversionValue": 12.99')
  await expect(page.getByText('/v1/events:ingest').first()).toBeVisible()
  await expect(page.getByText('First purchase', { exact: true })).toBeVisible()
  await expect(page.locator('body')).not.toContainText('ya29')
})

/** Opens the newest row of the log with this text, once there is one. */
async function open(page: Page, text: string) {
  const row = page.getByRole('row').filter({ hasText: text }).first()
  await expect(async () => {
    await page.goto(path.google)
    await expect(row).toBeVisible({ timeout: 500 })
  }).toPass()
  await row.getByRole('link').click()
}

test('Google confirms later what it counts @core', async ({ signedIn: page, demo }) => {
  expect(await demo.messages(...purchase('gclid'))).toBe(200)
  await open(page, 'Success confirmed')
  await expect(page.getByText('Google accepted the postback and confirmed it')).toBeVisible()
  await expect(page.getByText('Google counts the conversion.').first()).toBeVisible()
  await expect(page.locator('.timeline')).toContainText('Confirmed')
  await expect(page.locator('#last-word-body')).toContainText('"requestStatus": "SUCCESS"')
})

test('a late refusal is a row of its own and says why', async ({ signedIn: page, demo }) => {
  await demo.simulate('faults', { network: 'google', later: { reason: 'PROCESSING_ERROR_REASON_INVALID_GCLID' }, times: 1 })
  expect(await demo.messages(...purchase('gclid'))).toBe(200)
  await open(page, 'INVALID_GCLID')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('attempt 1, refused later')
  await expect(page.getByText('The click id is none that Google made').first()).toBeVisible()
  await expect(page.locator('#response-body')).toContainText('PROCESSING_ERROR_REASON_INVALID_GCLID')
  await page.locator('.timeline').getByRole('link', { name: 'Attempt 1', exact: true }).click()
  await expect(page.getByText('Google accepted the postback and refused it later')).toBeVisible()
  await page.goto(`${path.google}?status=failed`)
  await expect(page.getByRole('row').filter({ hasText: 'INVALID_GCLID' })).toHaveCount(1)
})

test('a goal without a conversion action is not forwarded until one is chosen, and then what stayed here can be sent @core @mobile', async ({ signedIn: page, demo }) => {
  await page.goto(path.google)
  const choice = page.getByLabel('First Purchase', { exact: true })
  await choice.selectOption('')
  await page.getByRole('button', { name: 'Save conversion actions' }).click()
  await expect(page.getByText('First Purchase is not forwarded')).toBeVisible()
  expect(await demo.messages(...purchase('gclid'))).toBe(200)
  await expect(async () => {
    await page.goto(path.google)
    await expect(page.getByText(/conversions? stayed here in the last 24 hours/).first()).toBeVisible({ timeout: 500 })
  }).toPass()
  await page.getByRole('button', { name: 'Refresh list' }).click()
  await page.getByLabel('First Purchase', { exact: true }).selectOption({ label: 'First purchase' })
  await page.getByRole('button', { name: 'Save conversion actions' }).click()
  await expect(page.getByText('First Purchase is not forwarded')).toHaveCount(0)
  // What stayed here meanwhile goes out after all, once.
  await page.getByRole('link', { name: 'Send now' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Send \d+ conversions? now\?$/)
  await expect(page.getByRole('checkbox', { name: /First Purchase/ })).toBeChecked()
  await page.getByRole('button', { name: 'Send now' }).click()
  await expect(page.getByText('Nothing is left to send.')).toBeVisible()
  await delivered(page, path.google)
  await expect(page.getByRole('link', { name: 'Send now' })).toHaveCount(0)
})

test('an import that Google has closed says so and offers the way that is open @core', async ({ signedIn: page, demo }) => {
  await page.goto(path.google)
  await expect(page.getByRole('radio', { name: /^Data Manager API/ })).toBeChecked()
  await page.getByRole('radio', { name: /^Google Ads API import/ }).check()
  await page.getByRole('button', { name: 'Save how conversions are sent' }).click()
  await expect(page.getByText('Conversions are sent over the Google Ads API import')).toBeVisible()
  expect(await demo.messages(...purchase('gclid'))).toBe(200)
  await expect(async () => {
    await page.goto(path.google)
    await expect(page.getByRole('row', { name: /over the Google Ads API import/ }).first()).toContainText('Success', { timeout: 500 })
  }).toPass()
  await page.getByRole('row', { name: /over the Google Ads API import/ }).first().getByRole('link').click()
  await expect(page.locator('#request-body')).toContainText('"conversionDateTime"')
  await expect(page.getByText(':uploadClickConversions').first()).toBeVisible()

  await demo.simulate('faults', { network: 'google', on: 'imports', status: 200, message: 'CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE', times: 1 })
  expect(await demo.messages(...purchase('gclid'))).toBe(200)
  await expect(async () => {
    await page.goto(path.google)
    await expect(page.getByText('Google takes no conversions over the Google Ads API import')).toBeVisible({ timeout: 500 })
  }).toPass()
  await expect(page.getByText('Google closed the Google Ads API import to new integrations')).toBeVisible()
  await expect(page.getByText('1 postback', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Switch to the Data Manager API' }).click()
  await expect(page.getByText('Conversions are sent over the Data Manager API')).toBeVisible()
  await expect(page.getByText('Google takes no conversions over')).toHaveCount(0)
  await expect(page.getByRole('radio', { name: /^Data Manager API/ })).toBeChecked()
  await expect(async () => {
    await page.goto(path.google)
    const newest = page.getByRole('row', { name: /purchase First Purchase/ }).first()
    await expect(newest).toContainText('Success', { timeout: 500 })
    await expect(newest).not.toContainText('over the Google Ads API import', { timeout: 500 })
  }).toPass()
})

test('both boxes must be ticked, and an account under a manager is picked @core @mobile', async ({ signedIn: page }) => {
  await disconnect(page, path.google)
  const connect = () => leave(page, 'Connect Google Ads')
  await connect()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('You did not allow the connection')).toBeVisible()
  await connect()
  await page.getByLabel('send conversions with Data Manager').uncheck()
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByText('tick the one about Data Manager')).toBeVisible()
  await connect()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Account', { exact: true }).selectOption('4182209914')
  await page.getByRole('button', { name: 'Show' }).click()
  await expect(page.getByText('tracks no conversions yet')).toBeVisible()
  await page.getByRole('link', { name: 'Pick another account' }).click()
  await page.getByLabel('Account', { exact: true }).selectOption('4182209913')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByText('Google Ads is connected')).toBeVisible()
  await expect(page.getByText('6021148830')).toBeVisible()
  await expect(page.getByText('Choose below what each goal counts under')).toBeVisible()
})

test('Google only validates a test event; an ended consent parks, and another account asks first @core', async ({ signedIn: page, demo }) => {
  await page.goto(path.google)
  await sendTestEvent(page, 'Google', '"validateOnly":true')
  await expire(page, demo, path.google, { network: 'google', short: 'Google', click: 'gclid' })
  await leave(page, 'Reconnect Google Ads')
  await page.getByRole('button', { name: 'Continue' }).click()
  const pick = async (account: string) => {
    await page.getByLabel('Account', { exact: true }).selectOption(account)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByRole('button', { name: 'Connect' }).click()
  }
  await pick('7713300011')
  await expectAskedFirst(page)
  await pick('4182209913')
  await expect(page.getByText('Google Ads is connected')).toBeVisible()
  await delivered(page, path.google)
})
