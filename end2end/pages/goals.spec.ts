// Settings > Goals in use.
import { expectAccessible } from './readers'
import { expect, page as path, test } from './settled'

test('a goal is made from a template, edited, paused and archived @core @mobile', async ({ settled: page }) => {
  await page.goto(path.goals)
  await expect(page.getByText('No goal is active, so nothing is sent.')).toBeVisible()
  await page.getByRole('link', { name: 'Use the template First Purchase' }).click()
  await expect(page.getByLabel('Name')).toHaveValue('First Purchase')
  await expect(page.getByLabel('Event', { exact: true })).toHaveValue('purchase')
  await expect(page.getByRole('radio', { name: /Once per player/ })).toBeChecked()
  await page.getByRole('button', { name: 'Create goal' }).click()
  await expect(page.getByRole('status')).toContainText('First Purchase is active.')

  await page.getByRole('row', { name: /First Purchase/ }).getByRole('link').click()
  await page.getByLabel('Name', { exact: true }).fill('First sale')
  await page.getByLabel('Event name at TikTok Ads').fill('FirstSale')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('status')).toContainText('Saved.')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('First sale')

  await page.getByRole('button', { name: 'Pause First sale' }).click()
  await expect(page.getByRole('status')).toContainText('First sale is paused.')
  await page.getByRole('button', { name: 'Undo First sale' }).click()
  await expect(page.getByRole('status')).toContainText('First sale is active.')

  await page.getByRole('row', { name: /First sale/ }).getByRole('link').click()
  await page.getByRole('link', { name: 'Archive First sale' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Archive First sale?')
  await page.getByRole('link', { name: 'Cancel' }).click()
  await page.getByRole('link', { name: 'Archive First sale' }).click()
  await page.getByRole('button', { name: 'Archive goal First sale' }).click()
  await expect(page.getByRole('status')).toContainText('First sale is archived.')
  await expect(page.getByText('Archived goals (1)')).toBeVisible()
})

test('a goal of one’s own needs a name, and what was typed stays @core', async ({ settled: page }) => {
  await page.goto(path.goals)
  await page.getByRole('link', { name: 'Create a goal of your own' }).click()
  await page.getByLabel('Event', { exact: true }).fill('founders_pack_bought')
  await page.getByRole('radio', { name: /Repeatable/ }).check()
  await page.getByRole('button', { name: 'Create goal' }).click()
  await expect(page, 'the browser asks for what is required').toHaveURL(/\/goals\/new$/)

  await page.getByLabel('Name').fill('   ')
  await page.getByRole('button', { name: 'Create goal' }).click()
  const name = page.getByLabel('Name')
  await expect(name).toHaveAttribute('aria-invalid', 'true')
  await expect(name).toHaveAccessibleDescription(/Give the goal a name\./)
  await expect(page.getByLabel('Event', { exact: true })).toHaveValue('founders_pack_bought')
  await expect(page.getByRole('radio', { name: /Repeatable/ })).toBeChecked()
  await name.fill('Founders Pack')
  await page.getByRole('button', { name: 'Create goal' }).click()
  await expect(page.getByRole('row', { name: /Founders Pack/ })).toContainText('Repeatable')
})

test('axe finds nothing serious on the goal pages in use', async ({ settled: page }) => {
  test.slow()
  const create = async (name: string) => {
    await page.goto(`${path.goals}/new`)
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Event', { exact: true }).fill('purchase')
    await page.getByRole('button', { name: 'Create goal' }).click()
  }
  await create('   ')
  await expectAccessible(page)
  await create('First Purchase')
  await expectAccessible(page)
  await create('Founders Pack')
  await expect(page.getByText('Counted twice').first()).toBeVisible()
  await expectAccessible(page)
  await page.goto(path.goals)
  await page.getByRole('row', { name: /First Purchase/ }).getByRole('link').click()
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Archive First Purchase' }).click()
  await expectAccessible(page)
})
