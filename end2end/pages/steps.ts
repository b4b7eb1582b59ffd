// What a marketer does at every network on the same page: connect, disconnect, name a goal, send a test event, wait for a delivery.
import { expect, purchase, type Demo, type Page } from './demo'

export type Click = Parameters<typeof purchase>[0]

/** In the same tab, as without JavaScript or where the browser opens no popup. */
export async function noPopup(page: Page) {
  await page.evaluate(() => { window.open = () => null }).catch(() => {})
}

/** Out to the network's consent page. */
export async function leave(page: Page, button: string) {
  await noPopup(page)
  await page.getByRole('button', { name: button }).click()
}

export async function disconnect(page: Page, at: string) {
  await page.goto(`${at}/disconnect`)
  await page.getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByText('Not connected').first()).toBeVisible()
}

/** The newest purchase of the log has gone out. */
export async function delivered(page: Page, at: string) {
  await expect(async () => {
    await page.goto(at)
    await expect(page.getByRole('row', { name: /purchase First Purchase/ }).first()).toContainText('Success', { timeout: 500 })
  }).toPass()
}

/** The network stops taking the token, and a purchase waits for another one. */
export async function expire(page: Page, demo: Demo, at: string, { network, short, click }: { network: string; short: string; click: Click }) {
  await demo.simulate('tokens/expire', { network })
  expect(await demo.messages(...purchase(click, '4.99'))).toBe(200)
  await expect(async () => {
    await page.goto(at)
    await expect(page.getByText(`${short} refuses the token`)).toBeVisible({ timeout: 500 })
  }).toPass()
}

/** The form was refused because something waits for the present account or target. */
export async function expectAskedFirst(page: Page) {
  await expect(page.getByText('Postbacks wait for the present account or pixel')).toBeVisible()
  await expect(page.getByRole('checkbox', { name: /^Cancel \d+ postback/ })).not.toBeChecked()
}

/** Chooses the network's own name for First Purchase, or types one. */
export async function name(page: Page, option: string, own?: string) {
  await page.getByLabel('First Purchase', { exact: true }).selectOption({ label: option })
  if (own !== undefined) await page.getByLabel('Name of your own for First Purchase').fill(own)
  await page.getByRole('button', { name: 'Save event names' }).click()
}

/** What is said about the name of First Purchase. */
export async function expectNamed(page: Page, kind: 'Standard event' | 'Custom event') {
  const names = page.getByRole('region', { name: 'Event names' })
  await expect(names.getByRole('row', { name: /First Purchase/ })).toContainText(kind)
}

/** Sends a test event for First Purchase, and waits for what came of it. */
export async function sendTestEvent(page: Page, short: string, ...says: string[]) {
  await page.getByLabel('Test event for the goal').selectOption({ label: 'First Purchase (purchase)' })
  await page.getByRole('button', { name: 'Send test event' }).click()
  await expect(page).toHaveURL(/\/attempts\//)
  await expect(page.getByText(`${short} accepted the postback`).first()).toBeVisible()
  for (const text of says) await expect(page.locator('body')).toContainText(text)
}
