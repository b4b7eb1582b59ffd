// The visitor's and the session's cookies.
import { expect, test } from './site.ts'

const YEAR = 365 * 24 * 3600

test('the anonymous id lives two years and is not rolled', async ({ site }) => {
  await site.visit()
  const [message] = await site.hurried(1)
  const set = await site.cookie('imtbl_anon_id')
  expect(set).toMatchObject({ value: message.anonymousId, path: '/', sameSite: 'Lax', domain: 'localhost', secure: false })
  // Chromium keeps no cookie longer than 400 days, whatever a page asks for.
  expect(set!.expires - Date.now() / 1000).toBeGreaterThan(1.09 * YEAR)
  await site.push('track', 'sign_up')
  const [, later] = await site.hurried(2)
  expect(later.anonymousId).toBe(message.anonymousId)
  expect((await site.cookie('imtbl_anon_id'))!.expires).toBe(set!.expires)
})

test('the session id lives thirty minutes from the last message', async ({ site, page }) => {
  await site.visit()
  const [first] = await site.hurried(1)
  const set = (await site.cookie('_imtbl_sid'))!
  expect(set).toMatchObject({ value: first.sessionId, path: '/', sameSite: 'Lax' })
  expect(Math.abs(set.expires - Date.now() / 1000 - 1800)).toBeLessThan(30)
  await site.push('track', 'sign_up')
  const [, second] = await site.hurried(2)
  expect(second.sessionId).toBe(first.sessionId)
  expect((await site.cookie('_imtbl_sid'))!.expires).toBeGreaterThan(set.expires)
  await page.context().clearCookies({ name: '_imtbl_sid' }) // as when it has run out
  await site.push('track', 'sign_in')
  const [, , third] = await site.hurried(3)
  expect(third.sessionId).not.toBe(first.sessionId)
  expect(third.anonymousId).toBe(first.anonymousId)
})

test('the anonymous id of Immutable\'s own clients is taken over', async ({ site, page }) => {
  const value = '0b0ad0cc-4a3e-4b5c-9a53-1de3f11d4a10'
  await page.context().addCookies([{ name: 'imtbl_anon_id', value, url: site.host.url }])
  await site.visit()
  const [message] = await site.hurried(1)
  expect(message.anonymousId).toBe(value)
})

test('a cookie that holds no id is replaced', async ({ site, page }) => {
  await page.context().addCookies(['imtbl_anon_id', '_imtbl_sid'].map(name => ({ name, value: 'undefined', url: site.host.url })))
  await site.visit()
  const [message] = await site.hurried(1) // the fixture holds every id against the contract
  expect(await site.cookie('imtbl_anon_id')).toMatchObject({ value: message.anonymousId })
})

test('signing out makes a new visitor, and what was done before keeps its id', async ({ site, page }) => {
  site.carry({ consent: 'full' })
  await site.visit('/?ttclid=abc')
  await page.evaluate(() => {
    history.replaceState({}, '', '/') // as sites do that tidy their address
    ;(window as any).postbacks.push(['identify', 'user-1', 'steam'], ['track', 'purchase'], ['reset'], ['track', 'sign_in'], ['page'])
  })
  const [view, identify, purchase, after, page2] = await site.hurried(5)
  expect([identify.anonymousId, purchase.anonymousId, purchase.userId]).toEqual([view.anonymousId, view.anonymousId, 'user-1'])
  expect(after).not.toHaveProperty('userId')
  expect(after.anonymousId).not.toBe(view.anonymousId)
  expect(after.sessionId).not.toBe(view.sessionId)
  expect(page2).toMatchObject({ anonymousId: after.anonymousId, properties: { landing_page: `${site.host.url}/` } })
  expect(page2.properties).not.toHaveProperty('ttclid')
})

test('alias says that two ids are one player, at full consent only', async ({ site }) => {
  await site.visit()
  const link = ['alias', { id: 'old-1', identityType: 'email' }, { id: '7656', identityType: 'steam' }] as const
  await site.push(...link)
  await site.push('consent', 'full')
  await site.push(...link)
  await site.push('alias', { id: 'same' }, { id: 'same', identityType: 'steam' })
  const [, alias] = await site.hurried(2)
  expect(alias).toMatchObject({ type: 'alias', fromId: 'old-1', fromType: 'email', toId: '7656', toType: 'steam', consentLevel: 'full' })
})

test('a cookie domain makes one visitor of a site and its subdomains', async ({ site, host }) => {
  site.carry({ consent: 'anonymous', domain: '.game.test' })
  await site.visit('/', `http://www.game.test:${host.port}`)
  await site.visit('/', `http://shop.game.test:${host.port}`)
  const [first, second] = await site.hurried(2)
  expect(second.anonymousId).toBe(first.anonymousId)
  expect(await site.cookie('imtbl_anon_id')).toMatchObject({ domain: '.game.test' })
})

test('a cookie domain that the host may not set falls back to the host', async ({ site, page }) => {
  site.carry({ consent: 'anonymous', domain: '.elsewhere.test' })
  await site.visit()
  await page.reload()
  const [first, second] = await site.hurried(2)
  expect(second.anonymousId).toBe(first.anonymousId)
  expect(await site.cookie('imtbl_anon_id')).toMatchObject({ domain: 'localhost' })
})

test('withdrawing consent also removes cookies of the whole domain', async ({ site, host }) => {
  site.carry({ consent: 'anonymous', domain: '.game.test' })
  await site.visit('/', `http://www.game.test:${host.port}`)
  await site.hurried(1)
  await site.push('consent', 'none')
  expect(await site.cookies()).toEqual([])
})

test('over https the cookies are Secure', async ({ site, page, host, audience }) => {
  await page.route('https://game.test/', route =>
    route.fulfill({ contentType: 'text/html', body: host.html.replace(audience.url, 'https://postbacks.test') }))
  await page.route('https://postbacks.test/pixel.js', async route => route.fulfill({ response: await page.request.get(`${audience.url}/pixel.js`) }))
  await page.route('https://postbacks.test/v1/**', route => route.fulfill({ json: { success: true, accepted: 1, rejected: 0, rejections: [] } }))
  await page.goto('https://game.test/')
  await site.loaded()
  for (const name of ['imtbl_anon_id', '_imtbl_sid']) expect(await site.cookie(name)).toMatchObject({ secure: true, domain: 'game.test' })
})

test('without cookies a page is still one visitor in one session', async ({ site, page }) => {
  await page.addInitScript(() => Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} }))
  await site.visit()
  await site.push('track', 'sign_up')
  const [first, second] = await site.hurried(2)
  expect(second).toMatchObject({ anonymousId: first.anonymousId, sessionId: first.sessionId })
})

test('on plain http, where browsers offer no randomUUID, ids are still UUIDs', async ({ site, page, host }) => {
  await site.visit('/', `http://game.test:${host.port}`)
  expect(await page.evaluate(() => 'randomUUID' in crypto)).toBe(false)
  await site.hurried(1) // the fixture holds every id against the contract
})
