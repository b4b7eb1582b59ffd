// From the page to the API: nothing lost, nothing counted twice.
import { expect, test } from './site.ts'

test('messages go to the origin of the script, with the key and no credentials', async ({ site, page }) => {
  await page.context().addCookies([{ name: 'at_the_api', value: '1', url: site.audience.url }])
  await site.visit()
  await site.hurried(1)
  const [{ headers }] = site.requests()
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-immutable-publishable-key': site.key, origin: site.host.url })
  expect(headers).not.toHaveProperty('cookie')
})

for (const name of ['endpoint', 'baseUrl'] as const) {
  test(`${name} sends them elsewhere`, async ({ site, page }) => {
    const sent: string[] = []
    await page.route('http://elsewhere.test/**', async route => {
      sent.push(route.request().url())
      await route.fulfill({ json: { success: true, accepted: 1, rejected: 0, rejections: [] } })
    })
    site.carry({ consent: 'anonymous', [name]: 'http://elsewhere.test/' })
    await site.visit()
    await site.hurry()
    await expect.poll(() => sent, { intervals: [20] }).toEqual(['http://elsewhere.test/v1/audience/messages'])
    expect(site.requests()).toEqual([])
  })
}

test('what happens together travels together', async ({ site }) => {
  site.carry({ consent: 'anonymous' }, { script: `w[q].push(['track','sign_up',{method:'email'}],['track','purchase',{value:'9.99',currency:'USD'}]);` })
  await site.visit()
  await site.received(3)
  expect(site.requests()).toHaveLength(1)
  expect(site.messages().map(m => [m.type, m.eventName, m.surface])).toEqual(
    [['page', undefined, 'pixel'], ['track', 'sign_up', 'pixel'], ['track', 'purchase', 'pixel']])
  expect(site.messages()[2].properties).toEqual({ value: '9.99', currency: 'USD' })
})

test('test mode marks every message, and only test mode does', async ({ site }) => {
  site.carry({ consent: 'anonymous', testMode: true })
  await site.visit()
  site.carry({ consent: 'anonymous' })
  await site.visit()
  const [first, second] = await site.hurried(2)
  expect(first.test).toBe(true)
  expect(second).not.toHaveProperty('test')
})

test('a message reports the moment it happened, with its properties as they were', async ({ site, page }) => {
  await site.visit()
  await page.evaluate(() => {
    const cart = { value: '5.00' }
    ;(window as any).postbacks.push(['track', 'purchase', cart])
    cart.value = 'changed later'
  })
  const [, purchase] = await site.hurried(2)
  expect(purchase.properties).toEqual({ value: '5.00' })
})

for (const status of [500, 503, 429]) {
  test(`after a ${status} the same message goes again`, async ({ site, page }) => {
    await page.clock.install()
    await site.watch()
    site.answers({ status })
    await site.visit()
    const [wait] = await site.waits(2)
    expect(wait).toBeGreaterThanOrEqual(5_000)
    await expect.poll(() => site.requests().length).toBe(2)
    const [first, second] = site.requests()
    expect(second.messages).toEqual(first.messages)
  })
}

test('after a network error the same message goes again', async ({ site, page }) => {
  await page.clock.install()
  await site.watch()
  const lost: unknown[] = []
  await page.route('**/v1/audience/messages', route => {
    lost.push(...route.request().postDataJSON().messages)
    return route.abort()
  }, { times: 1 })
  await site.visit()
  await site.waits(2)
  expect(await site.received(1)).toEqual(lost)
})

for (const [name, value] of [['seconds', () => '120'], ['a date', () => new Date(Date.now() + 121_000).toUTCString()]] as const) {
  test(`Retry-After in ${name} decides how long to wait`, async ({ site, page }) => {
    await page.clock.install()
    await site.watch()
    site.answers({ status: 429, headers: { 'retry-after': value() } })
    await site.visit()
    const [wait] = await site.waits(2, 10_000)
    expect(wait).toBeGreaterThan(90_000)
    await site.received(1)
  })
}

test('waits grow while the API stays away, and everything arrives in the end', async ({ site, page }) => {
  await page.clock.install()
  await site.watch()
  site.answers({ status: 500 }, { status: 500 }, { status: 500 })
  await site.visit()
  await site.waits(1)
  await site.push('track', 'meanwhile')
  const waits = await site.waits(4, 2_500)
  expect(waits[0]).toBeGreaterThanOrEqual(5_000)
  expect(waits[1]).toBeGreaterThanOrEqual(10_000)
  expect(waits[2]).toBeGreaterThanOrEqual(20_000)
  const [, meanwhile] = await site.received(2)
  expect(meanwhile.eventName).toBe('meanwhile')
})

test('a refused batch is dropped and said once on the console', async ({ site, page }) => {
  await page.clock.install()
  const warnings: string[] = []
  page.on('console', line => line.type() === 'warning' && warnings.push(line.text()))
  site.answers({ status: 401, body: { code: 'UNAUTHORISED_REQUEST', message: 'no such key', link: '', trace_id: '', details: null } })
  await site.visit()
  await page.clock.runFor(1_000)
  await site.received(1)
  await expect.poll(() => warnings).toHaveLength(1)
  await page.clock.runFor(600_000)
  await site.push('track', 'sign_up')
  await page.clock.runFor(1_000)
  const [, second] = await site.received(2)
  expect(second.eventName).toBe('sign_up')
})

test('a message pushed right before leaving is still sent', async ({ site, page }) => {
  await site.visit()
  await page.evaluate(() => {
    ;(window as any).postbacks.push(['track', 'link_clicked', { url: 'http://elsewhere.test/' }])
    location.href = 'about:blank'
  })
  await page.waitForURL('about:blank')
  const [, clicked] = await site.received(2)
  expect(clicked.eventName).toBe('link_clicked')
})

test('a request under way when its page goes is completed', async ({ site, page }) => {
  let release = () => {}
  site.answers({ until: new Promise(done => release = done) })
  await site.visit()
  await site.hurried(1)
  await page.goto('about:blank')
  release()
  await site.visit('/shop')
  // Not known to have arrived, the first went again, under its old id: it counts once.
  await site.hurried(2)
  expect(site.requests().flatMap(request => request.messages)).toHaveLength(3)
})

test('what could not be sent is sent from the next page, under its own id and time', async ({ site, page }) => {
  await page.route('**/v1/audience/messages', route => route.abort())
  await site.visit('/?ttclid=abc')
  await site.push('track', 'purchase', { value: '1.00', currency: 'EUR' })
  await page.goto('about:blank')
  await page.unroute('**/v1/audience/messages')
  await site.visit('/shop')
  const [landing, purchase, shop] = await site.received(3)
  expect(landing.context.pageUrl).toBe(`${site.host.url}/?ttclid=abc`)
  expect(purchase).toMatchObject({ eventName: 'purchase', anonymousId: shop.anonymousId })
  expect(purchase.eventTimestamp < shop.eventTimestamp).toBe(true)
  await expect.poll(() => page.evaluate(() => localStorage.length)).toBe(0)
})

test('many messages leave in requests that may outlive the page', async ({ site, page }) => {
  await site.visit()
  await page.evaluate(() => {
    for (let i = 0; i < 60; i++) (window as any).postbacks.push(['track', `event_${i}`, { note: 'ü'.repeat(100) }])
  })
  await site.received(61)
  for (const { headers, messages } of site.requests()) {
    expect(Number(headers['content-length'])).toBeLessThan(64 * 1024)
    expect(messages.length).toBeLessThanOrEqual(100)
  }
})

test('an API out of reach costs the page at most 200 messages of memory', async ({ site, page }) => {
  await page.route('**/v1/audience/messages', route => route.abort())
  await site.visit()
  await page.evaluate(() => {
    for (let i = 0; i < 300; i++) (window as any).postbacks.push(['track', `event_${i}`])
  })
  const kept = await page.evaluate(key => JSON.parse(localStorage.getItem(`postbacks:${key}`)!), site.key)
  expect(kept).toHaveLength(200)
  expect(kept.at(-1).eventName).toBe('event_299')
})
