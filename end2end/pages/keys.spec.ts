// Settings > API keys and Settings > Pixel in use.
import { expectAccessible } from './readers'
import { expect, page as path, test } from './settled'

test('rotating a key asks first, and then the old one is dead at once @core', async ({ settled: page, instance }) => {
  await page.goto(path.keys)
  const old = (await page.locator('#publishable-key').textContent())!
  expect(await instance.knock(old)).toBe(200)
  await page.getByRole('link', { name: 'Rotate the publishable key' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Rotate the publishable key?')
  await page.getByRole('link', { name: 'Cancel' }).click()
  await expect(page.locator('#publishable-key')).toHaveText(old)
  await page.getByRole('link', { name: 'Rotate the publishable key' }).click()
  await page.getByRole('button', { name: 'Rotate key' }).click()
  await expect(page.getByRole('status')).toContainText('The publishable key is new.')
  const fresher = (await page.locator('#publishable-key').textContent())!
  expect(fresher).not.toBe(old)
  expect([await instance.knock(old), await instance.knock(fresher)]).toEqual([401, 200])
})

test('the secret key is shown to who asks for it @core', async ({ settled: page }) => {
  await page.goto(path.keys)
  const secret = page.locator('#secret-key')
  await expect(secret).toHaveText(/^•+\w{4}$/)
  await page.getByRole('button', { name: 'Reveal the secret key' }).click()
  await expect(secret).toHaveText(/^sk_\w{20,}$/)
  await page.getByRole('link', { name: 'Hide the secret key' }).click()
  await expect(secret).toHaveText(/^•+\w{4}$/)
})

test('a key that pages carry is taken over, names the game, and is removed again @core', async ({ settled: page, instance }) => {
  const carried = 'pk_imapik-1a2B3c4D5e6F'
  expect(await instance.knock(carried)).toBe(401)
  await page.goto(path.keys)
  await page.getByLabel('Publishable key', { exact: true }).fill('sk_imapik-1a2B3c4D5e6F')
  await page.getByRole('button', { name: 'Take over key' }).click()
  await expect(page.getByLabel('Publishable key', { exact: true })).toHaveAccessibleDescription(/This looks like a secret key/)
  await expect(page.getByLabel('Publishable key', { exact: true })).toHaveValue('')
  await page.getByLabel('Publishable key', { exact: true }).fill(carried)
  await page.getByRole('button', { name: 'Take over key' }).click()
  await expect(page.getByRole('status')).toContainText('The key is taken over.')
  await expect(page.locator('#carried-key')).toHaveText(carried)
  expect(await instance.knock(carried)).toBe(200)
  await page.goto(path.pixel)
  await expect(page.getByText('change the script’s address, and nothing else')).toBeVisible()
  await page.goto(path.keys)
  await page.getByRole('link', { name: 'Remove the key that your pages carry' }).click()
  await expect(page.getByText('It was last used')).toBeVisible()
  await page.getByRole('button', { name: 'Remove key' }).click()
  await expect(page.getByRole('status')).toContainText('The key is removed.')
  expect(await instance.knock(carried)).toBe(401)
})

test('the description of the API is one link away @core', async ({ settled: page }) => {
  await page.goto(path.keys)
  await page.getByRole('link', { name: '/api/v1/openapi.json' }).click()
  await expect(page).toHaveURL(/\/api\/v1\/openapi\.json$/)
  await expect(page.locator('body')).toContainText('"openapi": "3.1.0"')
})

test('a key and the snippet are copied by a button', async ({ settled: page, context, instance }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: instance.url })
  await page.goto(path.keys)
  const key = await page.locator('#publishable-key').textContent()
  await page.getByRole('button', { name: 'Copy: Publishable key' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key)
  await page.goto(path.pixel)
  await page.getByRole('button', { name: 'Copy: The snippet' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`src="${instance.url}/pixel.js"`)
})

test('the pixel page shows the snippet, and says once the pixel has run @core', async ({ settled: page, request, instance }) => {
  await page.goto(path.keys)
  const key = (await page.locator('#publishable-key').textContent())!
  await page.goto(path.pixel)
  await expect(page.locator('#snippet-code')).toContainText(`key: '${key}'`)
  const source = (await page.locator('#snippet-code').textContent())!.match(/src="([^"]+)"/)![1]!
  const file = await request.get(source)
  expect([file.status(), file.headers()['content-type']]).toEqual([200, expect.stringContaining('javascript')])
  await expect(page.getByText('No page in the last 30 days.')).toBeVisible()
  await instance.knock(key, 'https://emberfall.example/play?ttclid=E.C.P.abc')
  await page.reload()
  await expect(page.getByText('emberfall.example', { exact: true })).toBeVisible()
  await expect(page.getByText('In the last 30 days: TikTok Ads 1.')).toBeVisible()
})

test('axe finds nothing serious while a key is rotated', async ({ settled: page }) => {
  test.slow()
  await page.goto(`${path.keys}/rotate/secret`)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Rotate key' }).click()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Reveal the secret key' }).click()
  await page.getByLabel('Publishable key', { exact: true }).fill('pk_imapik-1a2B3c4D5e6F')
  await page.getByRole('button', { name: 'Take over key' }).click()
  await expect(page.locator('#carried-key')).toBeVisible()
  await expectAccessible(page)
  await page.goto(`${path.keys}/carried/remove`)
  await expectAccessible(page)
})
