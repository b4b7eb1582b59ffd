// Every page, light and dark: nothing serious for somebody who uses a screen reader, nothing on the console, whole without JavaScript.
import AxeBuilder from '@axe-core/playwright'
import { expect, page as path, test } from './demo'

const pages = ['/games', ...Object.values(path), `${path.goals}/new`, `${path.tiktok}/not-sent`, `${path.tiktok}/disconnect`, '/account']

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious, ${scheme}`, async ({ signedIn: page }) => {
    test.slow()
    await page.emulateMedia({ colorScheme: scheme })
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()) })
    for (const at of pages) {
      expect((await page.goto(at))?.status(), at).toBe(200)
      const { violations } = await new AxeBuilder({ page }).analyze()
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect(serious.map(({ id, nodes }) => `${at}: ${id}: ${nodes[0]?.html}`), at).toEqual([])
    }
    expect(errors).toEqual([])
  })
}

test('every page has a title and one heading @core', async ({ signedIn: page }) => {
  for (const at of pages) {
    await page.goto(at)
    await expect(page.getByRole('heading', { level: 1 }), at).toHaveCount(1)
    await expect(page, at).toHaveTitle(/Postbacks/)
  }
})

test('a stranger is sent to sign in, and back @core', async ({ page }) => {
  await page.goto(path.tiktok)
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  await page.getByLabel('Email').fill('demo@postbacks.test')
  await page.getByLabel('Password').fill('wrong-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText(/do not match/).first()).toBeVisible()
  await page.getByLabel('Email').fill('demo@postbacks.test')
  await page.getByLabel('Password').fill('demo-postbacks')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('TikTok Ads')
})
