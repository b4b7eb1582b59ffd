// The first day of an instance: from the printed code to a game with its keys, out, and in again.
import { expectAccessible } from './readers'
import { expect, makeGame, owner, page as path, setUp, test } from './fresh'
import { test as settled } from './settled'

test('the printed code makes the owner, and the first game has its keys @core @mobile', async ({ page, fresh }) => {
  await page.goto('/')
  await expect(page).toHaveURL(`${fresh.url}/setup`)
  await setUp(page, 'not-the-code')
  await expect(page.getByText('This is not the code that the server printed.')).toBeVisible()
  await expect(page.getByLabel('One-time code')).toHaveAttribute('aria-invalid', 'true')
  await setUp(page, fresh.code, 'too short')
  await expect(page.getByText('A password has at least 12 characters.')).toBeVisible()

  await setUp(page, fresh.code.toUpperCase())
  await expect(page).toHaveURL(`${fresh.url}/games`)
  await expect(page.getByText('No game yet')).toBeVisible()
  await makeGame(page)
  await expect(page.getByText('No network is connected yet.')).toBeVisible()
  await page.getByRole('link', { name: 'Get the key' }).click()
  await expect(page).toHaveURL(path.keys)
  const key = await page.locator('#publishable-key').textContent()
  expect(key).toMatch(/^pk_\w{20,}$/)
  await expect(page.locator('#secret-key')).toContainText('••••')
  expect(await fresh.knock(key!)).toBe(200)
})

settled('who signs out comes back with the right password only @core @mobile', async ({ settled: page, instance }) => {
  await page.goto('/games')
  await page.getByRole('button', { name: /your menu/ }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(`${instance.url}/sign-in`)
  await page.goto(path.keys)
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  const signIn = async (password: string) => {
    await page.getByLabel('Email').fill(owner.email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await signIn('wrong horse battery')
  await expect(page.getByText('Email and password do not match. 4 tries left')).toBeVisible()
  await signIn(owner.password)
  await expect(page).toHaveURL(path.keys)
  await page.goto('/setup')
  await expect(page, 'the way in is closed behind the first owner').toHaveURL(`${instance.url}/games`)
})

test('axe finds nothing serious on the first day', async ({ page, fresh }) => {
  test.slow()
  await page.goto('/')
  await expectAccessible(page)
  await setUp(page, 'not-the-code')
  await expectAccessible(page)
  await setUp(page, fresh.code)
  await expectAccessible(page)
  await makeGame(page)
  for (const at of Object.values(path)) {
    await page.goto(at)
    await expectAccessible(page)
  }
  await page.context().clearCookies()
  await page.goto('/sign-in')
  await expectAccessible(page)
})
