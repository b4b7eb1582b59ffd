// The pixel is a guest: whatever the page does, the page goes on.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from './site.ts'

test('the file is under 8 KB on the wire', () => {
  const file = readFileSync(new URL('../../public/pixel.js', import.meta.url))
  expect(gzipSync(file, { level: 9 }).length).toBeLessThan(8192)
})

test('commands queued before the script has loaded run in order, even before init', async ({ site }) => {
  site.carry({ consent: 'full' })
  site.host.html = site.host.html.replace('w[q].push([', `w[q].push(['track','early'],['consent','anonymous']);w[q].push([`)
  await site.visit()
  const messages = await site.hurried(2)
  expect(messages.map(m => [m.type, m.eventName, m.consentLevel])).toEqual([['page', undefined, 'full'], ['track', 'early', 'full']])
})

test('a page with Immutable\'s snippet needs another script address and nothing else', async ({ site, page, host, audience }) => {
  host.html = `<!doctype html><title>Sample game</title><script>
    (function(){
    var w=window,i="__imtbl";
    w[i]=w[i]||[];
    w[i].push(["init",{"key":"${site.key}","consent":"anonymous"}]);
    var s=document.createElement("script");s.async=1;
    s.src="${audience.url}/pixel.js";
    document.head.appendChild(s);
    })();
    </script>`
  await page.goto(`${host.url}/?gclid=abc`)
  await site.hurried(1)
  await page.evaluate(() => (window as any).__imtbl.push(['consent', 'full'], ['page', { section: 'shop' }]))
  const [first, second] = await site.hurried(2)
  expect(first.properties).toMatchObject({ gclid: 'abc' })
  expect(second).toMatchObject({ type: 'page', consentLevel: 'full', properties: { gclid: 'abc', section: 'shop' } })
})

test('a script that is on the page twice counts once', async ({ site, page }) => {
  await site.visit()
  await page.addScriptTag({ url: `${site.audience.url}/pixel.js` })
  await site.push('track', 'sign_up')
  expect((await site.hurried(2)).map(m => m.type)).toEqual(['page', 'track'])
})

test('nonsense is ignored or said on the console, never thrown', async ({ site, page }) => {
  await site.visit()
  await site.hurried(1)
  await page.evaluate(() => {
    const postbacks = (window as any).postbacks
    const circle: any = {}
    circle.self = circle
    for (const command of [null, undefined, 7, 'page', [], ['no_such_command'], ['__proto__'], ['constructor'], ['init'], ['init', { key: 'again' }],
      ['track'], ['track', ''], ['track', 'circle', circle], ['track', 'big', { n: 1n }], ['track', 'huge', { text: 'x'.repeat(100_000) }],
      ['consent', 'anonymous'], ['identify'], ['identify', {}]]) postbacks.push(command)
    postbacks.push()
    postbacks.push(['track', 'still_here', 'not an object'])
  })
  const [, last] = await site.hurried(2)
  expect(last.eventName).toBe('still_here')
})

test('an init without a key does nothing, a proper one after it works', async ({ site }) => {
  site.host.html = site.host.html.replace('w[q].push([', `w[q].push(['init'],['init',{}],['init',null]);w[q].push([`)
  await site.visit()
  await site.hurried(1)
})

test('blocked storage costs the memory of the tab, not the message', async ({ site, page }) => {
  await page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError') } })
    }
    Object.defineProperty(Document.prototype, 'cookie', { get() { throw new DOMException('denied', 'SecurityError') }, set() { throw new DOMException('denied', 'SecurityError') } })
  })
  await site.visit('/?ttclid=abc')
  await site.push('track', 'sign_up')
  const [first, second] = await site.hurried(2)
  expect(first.properties).toMatchObject({ ttclid: 'abc' })
  expect(second).toMatchObject({ anonymousId: first.anonymousId, sessionId: first.sessionId })
})

test('a content security policy that forbids the API leaves the page alone', async ({ site, page }) => {
  site.host.headers = { 'content-security-policy': "connect-src 'self'" }
  await site.visit()
  await expect(page.getByRole('link', { name: 'Shop' })).toBeVisible()
})

test('a page rendered ahead of its visit sends nothing until it is visited', async ({ site, page }) => {
  await page.clock.install()
  await page.addInitScript(() => Object.defineProperty(Document.prototype, 'prerendering', { get: () => !(window as any).activated }))
  await page.goto(`${site.host.url}/?ttclid=abc`)
  await page.clock.runFor(10_000)
  expect(site.requests()).toEqual([])
  await page.evaluate(() => {
    (window as any).activated = true
    document.dispatchEvent(new Event('prerenderingchange'))
  })
  await page.clock.runFor(1_000)
  const [message] = await site.hurried(1)
  expect(message.properties).toMatchObject({ ttclid: 'abc' })
})
