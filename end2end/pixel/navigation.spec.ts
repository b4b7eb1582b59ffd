// A site that changes its address without loading: each address is a page.
import { expect, test, type Site } from './site.ts'

const bare = { consent: 'anonymous', autocapture: { scroll: false } }
const paths = (messages: { context: Record<string, string> }[]) => messages.map(({ context }) => context.pageUrl.replace(/^\w+:\/\/[^/]+/, ''))

/** Moves about as a single-page site's router does. */
const wander = (site: Site) => site.page.evaluate(() => {
  const act = () => dispatchEvent(new Event('pagehide')) // what waits for its title goes now
  history.pushState({}, '', '/shop')
  document.title = 'Shop'
  act()
  history.pushState({}, '', '/account')
  history.replaceState({}, '', '/sign-in') // sent on before anything was shown
  act()
  history.replaceState({}, '', '/sign-in?step=2')
  location.hash = 'top'
  act()
  history.pushState({}, '', '/list?page=2')
  act()
  location.hash = '#/swords'
  act()
})
const wandered = ['/?ttclid=abc', '/list?page=2', '/list?page=2#/swords', '/shop', '/sign-in']

for (const browser of ['with', 'without'] as const) {
  test(`pages of a router are told, ${browser} the Navigation API`, async ({ site, page }) => {
    if (browser === 'without') await page.addInitScript(() => Object.defineProperty(window, 'navigation', { value: undefined }))
    site.carry(bare)
    await site.visit('/?ttclid=abc')
    await wander(site)
    const messages = await site.hurried(wandered.length)
    expect(paths(messages).sort()).toEqual(wandered) // in requests of their own, since each time the page seems to go
    expect(messages.find(({ context }) => context.pagePath === '/shop')!.context.pageTitle).toBe('Shop')
    for (const { properties } of messages) expect(properties).toMatchObject({ ttclid: 'abc', landing_page: `${site.host.url}/?ttclid=abc` })
    await page.goBack()
    const back = await site.hurried(wandered.length + 1)
    expect(paths(back).at(-1)).toBe('/list?page=2')
  })
}

test('a page is told by itself once its title had time to come', async ({ site, page }) => {
  site.carry(bare)
  await site.visit()
  await page.evaluate(() => {
    history.pushState({}, '', '/shop')
    setTimeout(() => document.title = 'Shop', 50)
  })
  const [, shop] = await site.received(2)
  expect(shop.context).toMatchObject({ pagePath: '/shop', pageTitle: 'Shop' })
})

test('a site that tells its pages itself is left to it', async ({ site, page }) => {
  site.carry(bare)
  await site.visit()
  await page.evaluate(() => {
    history.pushState({}, '', '/one')
    ;(window as any).postbacks.push(['page', { own: true }])
    history.pushState({}, '', '/two')
    dispatchEvent(new Event('pagehide'))
    ;(window as any).postbacks.push(['page', { own: true }])
  })
  expect(paths(await site.hurried(3))).toEqual(['/', '/one', '/two'])
})

test('pages are left alone where the site says so', async ({ site }) => {
  site.carry({ consent: 'anonymous', autocapture: { pages: false } })
  await site.visit('/?ttclid=abc')
  await wander(site)
  await site.push('track', 'sign_up')
  expect((await site.hurried(2)).map(message => message.type)).toEqual(['page', 'track'])
})

test('the site\'s own navigation goes on, whatever is wrong with it', async ({ site, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'navigation', { value: undefined })
    Object.freeze(history)
  })
  site.carry(bare)
  await site.visit()
  expect(await page.evaluate(() => {
    history.pushState({ level: 2 }, '', '/level/2')
    return [location.pathname, history.state]
  })).toEqual(['/level/2', { level: 2 }])
  await site.hurried(1)
})
