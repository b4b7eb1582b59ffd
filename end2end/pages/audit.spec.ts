// Settings > Audit log in use, and the clock that times are written by.
import { expectAccessible, expectFits } from './readers'
import { expect, page as path, test } from './settled'

const log = '/games/emberfall/settings/audit-log'

test('what was changed is told, and narrowed by what it is about @core @mobile', async ({ settled: page }) => {
  await page.goto(`${path.keys}/rotate/secret`)
  await page.getByRole('button', { name: 'Rotate key' }).click()
  await page.goto(log)
  const changes = page.getByRole('region', { name: 'Changes' })
  await expect(changes.getByRole('row').nth(1)).toContainText('mara@ashgrove.example rotated the secret key.')
  await expect(changes).toContainText('mara@ashgrove.example made the game Emberfall.')
  await expectFits(page)
  await page.getByLabel('About').selectOption({ label: 'API keys' })
  await page.getByLabel('By', { exact: true }).selectOption({ label: 'mara@ashgrove.example' })
  await page.getByRole('button', { name: 'Show' }).click()
  await expect(page).toHaveURL(/what=key/)
  await expect(changes).toContainText('rotated the secret key.')
  await expect(changes).not.toContainText('made the game')
  await page.getByLabel('From').fill('2020-01-01')
  await page.getByLabel('To').fill('2020-01-02')
  await page.getByRole('button', { name: 'Show' }).click()
  await expect(page.getByText('Nothing was changed that these filters show.')).toBeVisible()
  await expectFits(page)
  await page.getByRole('link', { name: 'Show everything' }).first().click()
  await expect(changes).toContainText('made the game Emberfall.')
})

test('times are written by the clock that one chooses', async ({ settled: page }) => {
  await page.goto(path.keys)
  const made = page.getByRole('main').locator('.tip').first()
  await expect(made).toContainText('UTC')
  await page.getByRole('button', { name: /your menu/ }).click()
  await page.getByRole('button', { name: 'Local' }).click()
  const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  await expect(made).toContainText(zone)
  await page.getByRole('button', { name: /your menu/ }).click()
  await page.getByRole('button', { name: 'Game’s' }).click()
  await expect(made).toContainText('UTC')
})

test('axe finds nothing serious in the audit log', async ({ settled: page }) => {
  test.slow()
  await page.goto(log)
  await expectAccessible(page)
  await page.goto(`${log}?what=goal&from=nonsense`)
  await expectAccessible(page)
})
