// Whatever a page pushes, and whatever it has done to its browser: nothing is thrown, and what is sent is sound.
import { expect, test } from './site.ts'

/** Random commands with values that break things, the same for the same seed. Runs in the page. */
function pushNonsense(seed: number) {
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648
  const one = <T>(of: T[]) => of[Math.floor(random() * of.length)]
  const trap = () => { throw new Error('trap') }
  const circle: any = {}
  circle.self = [circle]
  const values = ['', ' ', 'x', 'ü'.repeat(300), 'x'.repeat(5000), 'x'.repeat(30_000), '😀'.repeat(128), 'x' + '😀'.repeat(200), '\ud83d', 'a\0b', '\\ud83d', '"\u2028',
    0, -0, NaN, Infinity, 1e300, 1n, true, null, undefined, Symbol('s'), () => 1, new Date(NaN), /x/g, new Map([[1, 2]]), circle, Object.create(null),
    Object.create({ inherited: 1 }), new Proxy({}, { get: trap, ownKeys: trap }), { get value() { return trap() } }, { toJSON: trap }, { toJSON: () => undefined },
    { toString: trap, valueOf: trap }, { __proto__: { id: 'x' } }, document.body, [[[[]]]], 'anonymous', 'full', 'full', 'purchase', 'user-1', 'steam']
  const value = (depth = 0): unknown => depth < 3 && random() < 0.3
    ? random() < 0.5 ? Array.from({ length: 3 }, () => value(depth + 1)) : { [String(one(['a', 'id', 'identityType', 'messageId', 'type', '__proto__']))]: value(depth + 1) }
    : one(values)
  const names = ['init', 'consent', 'page', 'track', 'track', 'track', 'identify', 'alias', 'reset', 'push', '__proto__', 'constructor', value()]
  for (let i = 0; i < 400; i++) {
    const name = one(names), said = Array.from({ length: 3 * random() }, () => value())
    if (name === 'consent') said[0] = one(['full', 'full', 'anonymous']) // any other would take back all that came before
    ;(window as any)[one(['postbacks', '__imtbl'])].push(random() < 0.1 ? value() : [name, ...said])
  }
}

for (const seed of [1, 20261126, 777]) {
  test(`nonsense is survived, seed ${seed}`, async ({ site, page }) => {
    site.carry({ consent: 'full', autocapture: { pages: false } })
    await site.visit('/?ttclid=abc')
    await page.evaluate(pushNonsense, seed)
    await page.evaluate(() => (window as any).postbacks.push(['consent', 'full'], ['track', 'still_here', { value: '1.00' }]))
    await expect(async () => {
      await site.hurry()
      // Not always the last to arrive: what is hurried goes beside a batch that is on its way.
      expect(site.messages()).toContainEqual(expect.objectContaining({ eventName: 'still_here', properties: expect.objectContaining({ value: '1.00' }) }))
    }).toPass({ intervals: [50] })
    const text = JSON.stringify(site.messages())
    expect(text).not.toMatch(/[^\\]\\ud[89a-f]|[^\\]\\u0000/) // no halves of characters, no U+0000: the API's JSON has neither
    expect(text.length).toBeGreaterThan(10_000)
  })
}

test('a page that shadows what browsers offer, or breaks it, goes on and is told', async ({ site, page }) => {
  await page.addInitScript(() => {
    Object.assign(window, { screen: 'menu', navigation: { addEventListener: 7 }, dataLayer: 'none', __tcfapi: {} })
    Object.assign(Object.prototype, { polluted: 'x' })
    Object.assign(Array.prototype, { toJSON() { return `${this}` } }) // as an old library does
    Object.defineProperty(window, '__imtbl', { get() { throw new Error('trap') } })
  })
  site.carry({ consentMode: 'auto' }, { body: '<img name="title"><form name="cookie"></form><form name="referrer"></form>' })
  await site.visit('/?ttclid=abc')
  await site.push('consent', 'anonymous')
  const [view] = await site.hurried(1)
  expect(view.properties).toMatchObject({ ttclid: 'abc' })
})

test('a page without fetch keeps its messages for the next', async ({ site, page }) => {
  await page.addInitScript(() => { if (location.pathname === '/') Object.assign(window, { fetch: () => { throw new Error('no fetch') } }) })
  await site.visit('/?ttclid=abc')
  await site.hurry()
  await site.visit('/shop')
  const messages = await site.received(2)
  expect(messages.map(({ context }) => context.pagePath)).toEqual(['/', '/shop'])
})

test('storage that holds something else is taken for empty', async ({ site, page }) => {
  await page.addInitScript(key => {
    localStorage.setItem(`postbacks:${key}`, '{"of":"somebody else"}')
    sessionStorage.setItem(`postbacks:${key}`, 'not json')
  }, site.key)
  await site.visit('/?ttclid=abc')
  const [view] = await site.hurried(1)
  expect(view.properties).toMatchObject({ ttclid: 'abc' })
})
