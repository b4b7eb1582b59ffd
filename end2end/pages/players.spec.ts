// Players: an id leads to the whole story, what was not sent says what would change it, and the data can be taken out.
import { readFileSync } from 'node:fs'
import { expectAccessible, expectFits } from './readers'
import { expect, page as path, purchase, test, type Page } from './demo'

/** Finds the player by an id. */
async function find(page: Page, id: string) {
  await page.goto(path.players)
  await page.getByLabel('Any id of a player').fill(id)
  await page.getByRole('button', { name: 'Find player' }).click()
}

function anonymousId(messages: object[]): string {
  return (messages[0] as { anonymousId: string }).anonymousId
}

test('an id leads to the player’s story, and the story is taken out as JSON @core @mobile', async ({ signedIn: page, demo }) => {
  const messages = purchase('ttclid')
  expect(await demo.messages(...messages)).toBe(200)
  const id = anonymousId(messages)
  await expect(async () => {
    await find(page, id)
    await expect(page.getByText('TikTok took it.')).toBeVisible({ timeout: 500 })
  }).toPass()
  await expect(page.getByRole('heading', { level: 2, name: 'What became of this purchase' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Messages' }).getByRole('row', { name: /purchase/ })).toBeVisible()
  await expectFits(page)

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export as JSON' }).click()
  const taken = JSON.parse(readFileSync(await (await download).path(), 'utf8'))
  expect(taken.identities[0].value).toBe(id)
  expect(taken.messages).toHaveLength(2)
  expect(taken.conversions[0].postback.attempts[0].status).toBe('success')

  await page.getByRole('link', { name: 'Attempt 1' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('attempt 1')
  await page.getByRole('link', { name: 'See player' }).click()
  await expect(page.getByText('TikTok took it.')).toBeVisible()
})

test('what was not sent says where it stopped and what would change it @core', async ({ signedIn: page, demo }) => {
  const messages = purchase('twclid')
  expect(await demo.messages(...messages)).toBe(200)
  await find(page, anonymousId(messages))
  await expect(page.getByRole('heading', { level: 2, name: 'Why was this purchase not sent?' })).toBeVisible()
  const here = page.locator('[aria-current="step"]')
  await expect(here).toContainText('Click can be sent')
  await expect(here).toContainText('a network that Postbacks does not send to')
  await expect(here).toContainText('Nothing to fix: exactly one network is credited.')

  await find(page, 'nobody’s id')
  await expect(page.getByText('No player has this id.')).toBeVisible()
  await expect(page.getByLabel('Any id of a player')).toHaveValue('nobody’s id')
})

test('a player is erased from their page, and the receipt says what went @core', async ({ signedIn: page, demo }) => {
  const messages = purchase('ttclid')
  expect(await demo.messages(...messages)).toBe(200)
  const id = anonymousId(messages)
  await expect(async () => {
    await find(page, id)
    await expect(page.getByText('TikTok took it.')).toBeVisible({ timeout: 500 })
  }).toPass()
  const story = page.url()
  await page.getByRole('link', { name: 'Erase player' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Erase anonymousId .*\?$/)
  await expect(page.getByRole('main')).toContainText('TikTok Ads1 postback')
  await expectFits(page)
  await page.getByLabel('Type “erase” to confirm').fill('yes')
  await page.getByRole('button', { name: 'Erase player' }).click()
  await expect(page.getByLabel('Type “erase” to confirm')).toHaveAccessibleDescription('Type the word as it is asked for, or cancel.')
  await page.getByLabel('Type “erase” to confirm').fill('erase')
  await page.getByRole('button', { name: 'Erase player' }).click()
  await expect(page).toHaveURL(/\/audit-log\/erasures\/[0-9a-f]{32}$/)
  await expect(async () => {
    await page.reload()
    await expect(page.getByText('The player is erased')).toBeVisible({ timeout: 500 })
  }).toPass()
  await expect(page.getByRole('main')).toContainText('TikTok Ads1 postback')
  await expectFits(page)
  expect((await page.goto(story))?.status()).toBe(404)
  await find(page, id)
  await expect(page.getByText('No player has this id.')).toBeVisible()
})

test('axe finds nothing serious while a player is erased', async ({ signedIn: page, demo }) => {
  const messages = purchase('twclid')
  expect(await demo.messages(...messages)).toBe(200)
  await find(page, anonymousId(messages))
  await page.getByRole('link', { name: 'Erase player' }).click()
  await page.getByLabel('Type “erase” to confirm').fill('no')
  await page.getByRole('button', { name: 'Erase player' }).click()
  await expect(page.getByText('Type the word as it is asked for, or cancel.')).toBeVisible()
  await expectAccessible(page)
  await page.getByLabel('Type “erase” to confirm').fill('erase')
  await page.getByRole('button', { name: 'Erase player' }).click()
  await expect(page.getByText('The player is erased')).toBeVisible()
  await expectAccessible(page)
})

test('axe finds nothing serious on a player’s page, and with a clash in the settings', async ({ signedIn: page, demo }) => {
  const messages = purchase('twclid')
  expect(await demo.messages(...messages)).toBe(200)
  await find(page, anonymousId(messages))
  await page.getByRole('region', { name: 'Messages' }).getByText('Show').first().click()
  await expectAccessible(page)
  await expectFits(page)
  await page.goto(`${path.general}?tried=yes&name=&zone=Nowhere&window=x&messages=1&attempts=1`)
  await expectAccessible(page)
})

test('the settings of a game are changed, and keeping less asks first @core', async ({ signedIn: page }) => {
  await page.goto(path.general)
  await page.getByLabel('Attribution window, in days').fill('120')
  await page.getByLabel('Time zone').fill('Europe/Berlin')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByLabel('Attribution window, in days')).toHaveAccessibleDescription(/A window has 1 to 90 days\./)
  await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Berlin')
  await page.getByLabel('Attribution window, in days').fill('45')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('status')).toContainText('Saved.')

  await page.getByLabel('Attempts, in days').fill('30')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('status')).toContainText('This deletes data')
  await page.getByRole('button', { name: 'Save and delete' }).click()
  await expect(page.getByRole('status')).toContainText('Saved.')

  await page.getByLabel('Attribution window, in days').fill('30')
  await page.getByLabel('Time zone').fill('UTC')
  await page.getByLabel('Attempts, in days').fill('90')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('status')).toContainText('Saved.')
})
