// What a marketer does on the page of a network: connect, read the log, mend.
import { expect, page as path, purchase, test } from './demo'

test.describe.configure({ mode: 'serial' })

test('a purchase after a TikTok click is delivered, and its attempt can be read @core @mobile', async ({ signedIn: page, demo }) => {
  expect(await demo.messages(...purchase('ttclid'))).toBe(200)
  // What other tests left behind may be tried again at any time.
  const first = page.getByRole('row', { name: /purchase First Purchase Success .* 1$/ }).first()
  await expect(async () => {
    await page.goto(path.tiktok)
    await expect(first).toBeVisible({ timeout: 500 })
  }).toPass()
  await first.getByRole('link').click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('purchase, attempt 1')
  await expect(page.getByText('TikTok accepted the postback')).toBeVisible()
  await expect(page.locator('#request-body')).toContainText('"event": "Purchase"')
  await expect(page.locator('#request-body')).toContainText('"value": 12.99')
  await expect(page.getByText('access-token: ••••••••')).toBeVisible()
})

test('filters are links: state and time live in the address @core @mobile', async ({ signedIn: page }) => {
  await page.goto(path.tiktok)
  const log = page.getByRole('region', { name: 'Delivery logs' })
  await log.getByRole('link', { name: '7 days' }).click()
  await expect(page).toHaveURL(/range=7d/)
  await log.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'Failed' }).click()
  await expect(page).toHaveURL(/range=7d&status=failed/)
  await page.goto(`${path.tiktok}?range=2h&status=lost`)
  await expect(page.getByText('a filter that does not exist')).toBeVisible()
})

test('a token that the network refuses is shown with its words, and drains after Reconnect @core', async ({ signedIn: page, demo }) => {
  await demo.simulate('tokens/expire', { network: 'tiktok' })
  expect(await demo.messages(...purchase('ttclid', '4.99'))).toBe(200)
  await expect(async () => {
    await page.goto(path.tiktok)
    await expect(page.getByRole('main').getByText('Credential failures detected')).toBeVisible({ timeout: 500 })
  }).toPass()
  await expect(page.getByText('TikTok refuses the token')).toBeVisible()
  await expect(page.getByText('1 postback').first()).toBeVisible()

  // In the same tab, as without JavaScript or where the browser opens no popup.
  await page.evaluate(() => { window.open = () => null }).catch(() => {})
  await page.getByRole('button', { name: 'Reconnect TikTok Ads' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('combobox', { name: 'Ad account' }).selectOption({ label: 'Sample Studio (7100000000000000001)' })
  await page.getByRole('button', { name: /^Show the/ }).click()
  await page.getByRole('radio', { name: /CSAMPLEGAME000000001/ }).check()
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByText('TikTok Ads is connected')).toBeVisible()
  await expect(async () => {
    await page.goto(path.tiktok)
    await expect(page.getByRole('main').getByText('Credential failures detected')).toHaveCount(0, { timeout: 500 })
    await expect(page.getByRole('row', { name: /purchase First Purchase/ }).first()).toContainText('Success', { timeout: 500 })
  }).toPass()
})

test('a consent that is denied changes nothing @core', async ({ signedIn: page }) => {
  await page.goto(path.tiktok)
  await page.evaluate(() => { window.open = () => null }).catch(() => {})
  await page.getByRole('button', { name: 'Reconnect TikTok Ads' }).click()
  await page.getByRole('button', { name: 'Deny' }).click()
  await expect(page.getByText('You did not allow the connection')).toBeVisible()
  await expect(page.getByText('CSAMPLEGAME000000001')).toBeVisible()
})

test('a Reddit token is tried before it is saved @core', async ({ signedIn: page }) => {
  await page.goto(`${path.reddit}/disconnect`)
  await page.getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByText('Not connected').first()).toBeVisible()
  const connect = async (pixel: string, token: string) => {
    await page.getByLabel('Pixel id').fill(pixel)
    await page.getByLabel('Conversion access token').fill(token)
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
  }
  await connect('a2_samplegame01', 'not-the-token-of-anybody')
  await expect(page.getByText('The network refuses this')).toBeVisible()
  await expect(page.getByLabel('Pixel id'), 'only the token has to be typed again').toHaveValue('a2_samplegame01')
  await connect('a2_someoneelse1', 'reddit-simulator-conversion-token-0001')
  await expect(page.getByText('may not use this account or pixel')).toBeVisible()
  await connect('a2_samplegame01', 'reddit-simulator-conversion-token-0001')
  await expect(page.getByText('Reddit Ads is connected')).toBeVisible()
  await expect(page.getByText('••••••••0001')).toBeVisible()
})

test('Connect opens a popup that closes itself and reloads the page', async ({ signedIn: page }) => {
  await page.goto(path.tiktok)
  await expect(page.locator('span[data-hydrated]').first()).toBeAttached()
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Reconnect TikTok Ads' }).click()
  const popup = await opened
  await popup.getByRole('button', { name: 'Allow' }).click()
  await popup.getByRole('combobox', { name: 'Ad account' }).selectOption({ label: 'Sample Studio (7100000000000000001)' })
  await popup.getByRole('button', { name: /^Show the/ }).click()
  await popup.getByRole('radio', { name: /CSAMPLEGAME000000001/ }).check()
  const reloaded = page.waitForEvent('load')
  const closed = popup.waitForEvent('close')
  await popup.getByRole('button', { name: 'Connect' }).click()
  await closed
  await reloaded
  await expect(page).toHaveURL(new RegExp(`${path.tiktok}$`))
})
