// Consent none, anonymous and full, and the browser's own signals.
import type { Page } from '@playwright/test'
import { expect, test, type Site } from './site.ts'

/** Everything a page can have stored. */
const stored = (page: Page) => page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])
const nothing = ['', 0, 0]
const linger = 5_000 // ms, well past the time that messages wait for company

/** Gives the pixel the time in which it would have sent something. Wants `site.watch()` before the visit. */
async function silent(site: Site) {
  await site.page.clock.runFor(linger)
  expect(await site.calls()).toEqual([])
}

for (const consent of [undefined, 'none', 'not_set', 'nonsense']) {
  test(`with consent ${consent} nothing is sent or stored`, async ({ site, page }) => {
    await page.clock.install()
    await site.watch()
    site.carry({ consent })
    await site.visit('/?ttclid=abc')
    await site.push('page')
    await site.push('track', 'purchase', { value: '1', currency: 'USD' })
    await site.push('identify', 'user-1', 'custom', { email: 'a@b.c' })
    await silent(site)
    expect(await stored(page)).toEqual(nothing)
  })
}

test('when consent rises from none the click of the landing page is sent, once', async ({ site, page }) => {
  site.carry({})
  await site.visit('/?ttclid=abc')
  await page.evaluate(() => history.pushState({}, '', '/menu'))
  await site.push('consent', 'anonymous')
  await site.push('consent', 'full')
  await site.push('track', 'sign_up')
  const [view, event] = await site.hurried(2)
  expect(view).toMatchObject({ type: 'page', consentLevel: 'anonymous', properties: { ttclid: 'abc', landing_page: `${site.host.url}/?ttclid=abc` } })
  expect(event).toMatchObject({ type: 'track', consentLevel: 'full', anonymousId: view.anonymousId })
  const told = await site.told('anonymous', 'full')
  expect(told[0]).toEqual({ anonymousId: view.anonymousId, status: 'anonymous', source: 'pixel' })
})

test('at anonymous consent identify is not sent', async ({ site }) => {
  await site.visit()
  await site.push('identify', 'user-1', 'custom', { email: 'a@b.c' })
  await site.push('track', 'sign_up')
  const [, event] = await site.hurried(2)
  expect(event).not.toHaveProperty('userId')
})

test('at full consent identify is sent and later messages carry the user', async ({ site }) => {
  site.carry({ consent: 'full' })
  await site.visit()
  await site.push('identify', 'user-1', 'steam', { email: 'a@b.c' })
  await site.push('track', 'sign_up')
  const [view, identify, event] = await site.hurried(3)
  expect(view).not.toHaveProperty('userId')
  expect(identify).toMatchObject({ type: 'identify', userId: 'user-1', identityType: 'steam', traits: { email: 'a@b.c' }, consentLevel: 'full' })
  expect(event).toMatchObject({ userId: 'user-1', identityType: 'steam' })
})

test('leaving full consent forgets the user', async ({ site }) => {
  site.carry({ consent: 'full' })
  await site.visit()
  await site.push('identify', 'user-1', 'steam')
  await site.push('consent', 'anonymous')
  await site.push('track', 'sign_up')
  const [, , event] = await site.hurried(3)
  expect(event).toMatchObject({ consentLevel: 'anonymous' })
  expect(event).not.toHaveProperty('userId')
})

test('withdrawing consent removes what was stored and what was not sent yet', async ({ site, page }) => {
  await page.clock.install()
  await site.watch()
  site.carry({})
  await site.visit('/?ttclid=abc')
  const [given, withdrawn] = await page.evaluate(() => ['anonymous', 'none'].map(level => {
    (window as any).postbacks.push(['consent', level])
    return [document.cookie, localStorage.length, sessionStorage.length]
  }))
  expect(given).toEqual([expect.stringContaining('imtbl_anon_id='), 1, 1])
  expect(withdrawn).toEqual(nothing)
  await silent(site)
  expect(await stored(page)).toEqual(nothing)
  const [one, other] = await site.told('anonymous', 'none')
  expect(one.anonymousId).toBe(other.anonymousId)
})

test('consent given again makes a new visitor, who came by the same click', async ({ site }) => {
  await site.visit('/?ttclid=abc')
  const [before] = await site.hurried(1)
  await site.push('consent', 'none')
  await site.push('consent', 'anonymous')
  const [, after] = await site.hurried(2)
  expect(after).toMatchObject({ type: 'page', properties: { ttclid: 'abc' } })
  expect(after.anonymousId).not.toBe(before.anonymousId)
  expect(after.sessionId).not.toBe(before.sessionId)
  const [none, anonymous] = await site.told('none', 'anonymous')
  expect([none.anonymousId, anonymous.anonymousId]).toEqual([before.anonymousId, after.anonymousId])
})

test('the level that a page begins with is not told, and neither is one that stays', async ({ site }) => {
  await site.visit()
  await site.push('consent', 'anonymous')
  await site.push('consent', 'full')
  await site.told('full')
})

test('a no is told and deletes, also where the page began at none', async ({ site, page }) => {
  await site.visit()
  const [{ anonymousId }] = await site.hurried(1)
  site.carry({ consent: 'none' })
  await site.visit('/later')
  await site.push('consent', 'none')
  await site.push('consent', 'none')
  expect(await stored(page)).toEqual(nothing)
  expect(await site.told('none')).toEqual([{ anonymousId, status: 'none', source: 'pixel' }])
})

test('a no that does not arrive is told again', async ({ site, page }) => {
  await page.clock.install()
  await site.visit()
  await page.route('**/v1/audience/tracking-consent', route => route.fulfill({ status: 503, headers: { 'access-control-allow-origin': '*' } }), { times: 2 })
  await site.push('consent', 'none')
  await expect.poll(async () => {
    await page.clock.runFor(5_000)
    return site.audience.consents(site.key).map(consent => consent.status)
  }, { intervals: [20] }).toEqual(['none'])
})

test('a page that waits for its banner leaves the identity of an earlier visit alone', async ({ site }) => {
  await site.visit()
  const [first] = await site.hurried(1)
  site.carry({ consent: 'none' })
  await site.visit('/later')
  await site.push('consent', 'anonymous')
  const [, second] = await site.hurried(2)
  expect(second.anonymousId).toBe(first.anonymousId)
})

const signals = {
  'Global Privacy Control': () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }),
  'Do Not Track': () => Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' }),
}
for (const [name, signal] of Object.entries(signals)) {
  test(`${name} forces none, blocks upgrades and removes what an earlier visit left`, async ({ site, page }) => {
    await site.visit('/?ttclid=abc')
    await site.hurried(1)
    await page.addInitScript(signal)
    await page.clock.install()
    await site.watch()
    await page.reload()
    await site.loaded()
    await site.push('consent', 'full')
    await site.push('identify', 'user-1', 'custom')
    await site.push('track', 'purchase')
    await silent(site)
    expect(await stored(page)).toEqual(nothing)
    await site.told('none')
  })
}
