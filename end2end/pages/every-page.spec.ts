// Every page, light and dark: nothing serious for somebody who uses a screen reader, nothing on the console, whole without JavaScript.
import { expectAccessible, expectFits } from './readers'
import { expect, page as path, purchase, test } from './demo'

const pages = ['/games', ...Object.values(path), `${path.goals}/new`, `${path.tiktok}/not-sent`, `${path.tiktok}/not-sent/send`, `${path.tiktok}/resend`, `${path.tiktok}/disconnect`, '/account']

test('axe finds nothing serious, and nothing is on the console', async ({ signedIn: page }) => {
  test.slow()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()) })
  for (const at of pages) {
    expect((await page.goto(at))?.status(), at).toBe(200)
    await expectAccessible(page)
  }
  expect(errors).toEqual([])
})

test('axe finds nothing serious where there is something to read', async ({ signedIn: page, demo }) => {
  test.slow()
  await demo.simulate('faults', { network: 'tiktok', status: 500, times: 1 })
  expect(await demo.messages(...purchase('ttclid'), ...purchase('twclid'))).toBe(200)
  const attempt = page.getByRole('region', { name: 'Delivery logs' }).getByRole('row', { name: /purchase/ }).first()
  await expect(async () => {
    await page.goto(path.tiktok)
    await expect(attempt).toBeVisible({ timeout: 500 })
  }).toPass()
  await expectAccessible(page)
  await attempt.getByRole('link').click()
  await expectFits(page)
  await expectAccessible(page)
  await page.goto(path.tiktok)
  await page.getByRole('switch', { name: 'Enabled' }).click()
  expect(await demo.messages(...purchase('ttclid'))).toBe(200)
  await page.goto(`${path.tiktok}/not-sent`)
  await expect(page.getByRole('row', { name: /switched off/ })).toBeVisible()
  await expectAccessible(page)
  await page.goto(path.game)
  await expect(page.getByRole('row', { name: /does not send to/ })).toContainText('X Ads 1')
  await expectAccessible(page)
  await page.goto(path.tiktok)
  await page.getByRole('switch', { name: 'Disabled' }).click()
  await page.getByRole('link', { name: 'Send now' }).click()
  await expect(page.getByRole('checkbox', { name: /First Purchase/ })).toBeChecked()
  await expectFits(page)
  await expectAccessible(page)
})

test('every page has a title and one heading, and is no wider than its window @core @mobile', async ({ signedIn: page }) => {
  for (const at of pages) {
    await page.goto(at)
    await expectFits(page)
    await expect(page.getByRole('heading', { level: 1 }), at).toHaveCount(1)
    await expect(page, at).toHaveTitle(/Postbacks/)
  }
})

test('islands come alive though the browser is never idle', async ({ signedIn: page }) => {
  await page.addInitScript(() => {
    window.requestIdleCallback = (what, how) => how?.timeout ? window.setTimeout(what, how.timeout) : 0
  })
  await page.goto(path.tiktok)
  await expect(page.locator('span[data-hydrated]').first()).toBeAttached()
})

test('a stranger is sent to sign in, and back @core', async ({ page }) => {
  await page.goto(path.tiktok)
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  await page.getByLabel('Email').fill('demo@postbacks.test')
  await page.getByLabel('Password').fill('wrong-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText(/do not match/).first()).toBeVisible()
  await expect(page.getByLabel('Email'), 'only the password has to be typed again').toHaveValue('demo@postbacks.test')
  await page.getByLabel('Password').fill('demo-postbacks')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('TikTok Ads')
})
