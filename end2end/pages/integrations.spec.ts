// What a marketer does on the page of a network: connect, read the log, mend.
import { expect, page as path, purchase, test, type Page } from './demo'
import { delivered, disconnect, expectAskedFirst, expectNamed, expire, leave, name, sendTestEvent } from './steps'

test.describe.configure({ mode: 'serial' })

const studio = 'Sample Studio (7100000000000000001)'
const pixel = /CSAMPLEGAME000000001/

/** Picks the account, and the pixel where it is another than the first. */
async function pick(page: Page, account: string, pixel?: RegExp) {
  await page.getByRole('combobox', { name: 'Ad account' }).selectOption({ label: account })
  await page.getByRole('button', { name: /^Show the/ }).click()
  if (pixel) await page.getByRole('radio', { name: pixel }).check()
}

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

test.describe('with pages that fade into each other', () => {
  test.use({ contextOptions: { reducedMotion: 'no-preference' } })

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
})

test('a token that the network refuses drains after Reconnect; another account asks first @core', async ({ signedIn: page, demo }) => {
  await expire(page, demo, path.tiktok, { network: 'tiktok', short: 'TikTok', click: 'ttclid' })
  await expect(page.getByRole('main').getByText('Credential failures detected')).toBeVisible()
  await expect(page.getByText('1 postback').first()).toBeVisible()
  await leave(page, 'Reconnect TikTok Ads')
  await page.getByRole('button', { name: 'Allow' }).click()
  await pick(page, 'Moonlight Games (7100000000000000002)')
  await page.getByRole('button', { name: 'Connect' }).click()
  await expectAskedFirst(page)
  await pick(page, studio, pixel)
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByText('TikTok Ads is connected')).toBeVisible()
  await delivered(page, path.tiktok)
  await expect(page.getByRole('main').getByText('Credential failures detected')).toHaveCount(0)
})

test('TikTok from nothing to a test event under a name of its own @core', async ({ signedIn: page }) => {
  await disconnect(page, path.tiktok)
  await leave(page, 'Connect TikTok Ads')
  await page.getByRole('button', { name: 'Deny' }).click()
  await expect(page.getByText('You did not allow the connection')).toBeVisible()
  await leave(page, 'Connect TikTok Ads')
  await page.getByRole('button', { name: 'Allow' }).click()
  await pick(page, studio, pixel)
  await page.getByLabel('Test event code').fill('TEST12345')
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByText('TikTok Ads is connected')).toBeVisible()
  await name(page, 'A name of your own', '2nd purchase')
  await expect(page.getByText('Nothing was saved')).toBeVisible()
  await expect(page.getByLabel('Name of your own for First Purchase'), 'nothing has to be typed twice').toHaveValue('2nd purchase')
  await name(page, 'A name of your own', 'founders_pack')
  await expectNamed(page, 'Custom event')
  await sendTestEvent(page, 'TikTok', '"event": "founders_pack"', 'TEST12345')
  await page.goto(path.tiktok)
  await name(page, 'Purchase (usual)')
  await expect(page.getByText('Saved.')).toBeVisible()
})

test('Reddit from nothing to a test event, a token rotated, another pixel asked about @core', async ({ signedIn: page, demo }) => {
  await disconnect(page, path.reddit)
  const paste = async (pixel: string, token: string, button = 'Connect') => {
    await page.getByLabel('Pixel id').fill(pixel)
    await page.getByLabel('Conversion access token').fill(token)
    await page.getByRole('button', { name: button, exact: true }).click()
  }
  await paste('a2_samplegame01', 'not-the-token-of-anybody')
  await expect(page.getByText('The network refuses this')).toBeVisible()
  await expect(page.getByLabel('Pixel id'), 'only the token has to be typed again').toHaveValue('a2_samplegame01')
  await paste('a2_someoneelse1', 'reddit-simulator-conversion-token-0001')
  await expect(page.getByText('may not use this account or pixel')).toBeVisible()
  await paste('a2_samplegame01', 'reddit-simulator-conversion-token-0001')
  await expect(page.getByText('Reddit Ads is connected')).toBeVisible()
  await expect(page.getByText('••••••••0001')).toBeVisible()
  await name(page, 'Lead')
  await expect(page.getByText('Saved.')).toBeVisible()
  await page.getByLabel('Test id').first().fill('t2_end2end')
  await page.getByRole('button', { name: 'Save the test code' }).click()
  await sendTestEvent(page, 'Reddit', '"tracking_type": "LEAD"', 't2_end2end')

  await expire(page, demo, path.reddit, { network: 'reddit', short: 'Reddit', click: 'rdt_cid' })
  await demo.simulate('tokens/restore', { network: 'reddit' })
  await paste('a2_sampleshop02', 'reddit-simulator-conversion-token-0002', 'Save token')
  await expectAskedFirst(page)
  await paste('a2_samplegame01', 'reddit-simulator-conversion-token-0002', 'Save token')
  await expect(page.getByText('••••••••0002')).toBeVisible()
  await delivered(page, path.reddit)
  await name(page, 'Purchase (usual)')
})

test('Connect opens a popup that closes itself and reloads the page', async ({ signedIn: page }) => {
  await page.goto(path.tiktok)
  await expect(page.locator('span[data-hydrated]').first()).toBeAttached()
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Reconnect TikTok Ads' }).click()
  const popup = await opened
  await popup.getByRole('button', { name: 'Allow' }).click()
  await pick(popup, studio, pixel)
  const reloaded = page.waitForEvent('load')
  const closed = popup.waitForEvent('close')
  await popup.getByRole('button', { name: 'Connect' }).click()
  await closed
  await reloaded
  await expect(page).toHaveURL(new RegExp(`${path.tiktok}$`))
})
