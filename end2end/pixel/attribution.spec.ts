// What the pixel learns of how a visitor came.
import { expect, test } from './site.ts'

test('every click id travels, each with its own landing page', async ({ site, page }) => {
  const ids = ['ttclid', 'fbclid', 'gclid', 'gbraid', 'wbraid', 'dclid', 'rdt_cid', 'twclid', 'msclkid', 'li_fat_id']
  await site.visit()
  for (const id of ids) {
    await page.evaluate(id => {
      history.pushState({}, '', `/?${id}=E.C.P.Abc-123_%2Bd`)
      ;(window as any).postbacks.push(['page'])
    }, id)
  }
  const [organic, ...views] = await site.hurried(1 + ids.length)
  expect(organic.properties).toEqual({ landing_page: `${site.host.url}/` })
  expect(views.map(view => view.properties)).toEqual(ids.map(id =>
    ({ [id]: 'E.C.P.Abc-123_+d', touchpoint_type: 'click', landing_page: `${site.host.url}/?${id}=E.C.P.Abc-123_%2Bd` })))
})

test('the five UTM parameters travel, and nothing else of the query', async ({ site }) => {
  await site.visit('/?utm_source=tiktok&utm_medium=cpc&utm_campaign=launch%20week&utm_content=a&utm_term=b&utm_id=7&email=a%40b.c')
  const [{ properties }] = await site.hurried(1)
  expect(properties).toEqual({
    utm_source: 'tiktok', utm_medium: 'cpc', utm_campaign: 'launch week', utm_content: 'a', utm_term: 'b',
    touchpoint_type: 'click', landing_page: `${site.host.url}/?utm_source=tiktok&utm_medium=cpc&utm_campaign=launch%20week&utm_content=a&utm_term=b&utm_id=7&email=a%40b.c`,
  })
})

test('an organic visit is no touchpoint and says where it came from', async ({ site, page, host }) => {
  await page.route('http://portal.test/**', route =>
    route.fulfill({ contentType: 'text/html', body: `<meta name="referrer" content="unsafe-url"><a href="${host.url}/play">Play</a>` }))
  await page.goto('http://portal.test/list?of=games')
  await page.getByRole('link', { name: 'Play' }).click()
  const [{ properties, context }] = await site.hurried(1)
  expect(properties).toEqual({ landing_page: `${host.url}/play`, referrer: 'http://portal.test/list?of=games' })
  expect(context.pageReferrer).toBe('http://portal.test/list?of=games')
})

test('a click is remembered on the pages that follow in the tab', async ({ site, page }) => {
  await site.visit('/?ttclid=first&utm_source=tiktok')
  await page.getByRole('link', { name: 'Shop' }).click()
  const [, second] = await site.hurried(2)
  expect(second.context.pagePath).toBe('/shop')
  expect(second.properties).toMatchObject({
    ttclid: 'first', utm_source: 'tiktok', touchpoint_type: 'click', landing_page: `${site.host.url}/?ttclid=first&utm_source=tiktok`,
  })
})

test('a second ad click in the same tab replaces the first, as a whole', async ({ site, page }) => {
  await site.visit('/?ttclid=first&utm_source=tiktok&utm_term=swords')
  await site.hurried(1)
  await site.visit('/?rdt_cid=second&utm_source=reddit')
  await site.hurried(2)
  await page.getByRole('link', { name: 'Shop' }).click()
  const [, second, third] = await site.hurried(3)
  for (const { properties } of [second, third]) {
    expect(properties).toMatchObject({ rdt_cid: 'second', utm_source: 'reddit', landing_page: `${site.host.url}/?rdt_cid=second&utm_source=reddit` })
    expect(properties).not.toHaveProperty('ttclid')
    expect(properties).not.toHaveProperty('utm_term')
  }
})

test('on a single-page site a click outlives the URL it came with', async ({ site, page }) => {
  await site.visit('/?ttclid=abc')
  await page.evaluate(() => {
    history.pushState({}, '', '/level/2')
    ;(window as any).postbacks.push(['page', { level: 2 }])
  })
  const [, second] = await site.hurried(2)
  expect(second.context).toMatchObject({ pagePath: '/level/2', pageUrl: `${site.host.url}/level/2` })
  expect(second.properties).toMatchObject({ ttclid: 'abc', level: 2, landing_page: `${site.host.url}/?ttclid=abc` })
})

test('the cookies of the networks travel with the page message only', async ({ site, page }) => {
  const cookies = { _fbc: 'fb.1.1700000000000.AbC', _fbp: 'fb.1.1700000000000.123', _ttp: 'ttp-1', _rdt_uuid: '1700.abc', _ga: 'GA1.1.2.3' }
  await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: site.host.url })))
  await site.visit('/?fbclid=AbC')
  await site.push('track', 'sign_up')
  const [view, event] = await site.hurried(2)
  expect(view.properties).toEqual({
    fbclid: 'AbC', touchpoint_type: 'click', landing_page: `${site.host.url}/?fbclid=AbC`,
    fb_click_id: cookies._fbc, fb_browser_id: cookies._fbp, ttp: cookies._ttp, rdt_uuid: cookies._rdt_uuid,
  })
  expect(event.properties).toEqual({})
})

test('two games on one origin keep their clicks apart', async ({ site, page }) => {
  await site.visit('/?ttclid=abc')
  await site.hurried(1)
  const other = site.key.replace('pk_', 'pk_other_')
  site.host.html = site.host.html.replace(site.key, other)
  await site.visit('/other')
  await site.hurry()
  await expect.poll(() => site.audience.requests(other).length, { intervals: [20] }).toBe(1)
  expect(site.audience.requests(other)[0].messages[0].properties).toEqual({ landing_page: `${site.host.url}/other` })
})

test('a referral code travels and makes no ad click', async ({ site }) => {
  await site.visit('/?referral_code=friend-7')
  const [{ properties }] = await site.hurried(1)
  expect(properties).toEqual({ referral_code: 'friend-7', landing_page: `${site.host.url}/?referral_code=friend-7` })
})

test('a visit after a click id without a value is organic', async ({ site }) => {
  await site.visit('/?ttclid=&utm_source=')
  const [{ properties }] = await site.hurried(1)
  expect(properties).toEqual({ landing_page: `${site.host.url}/?ttclid=&utm_source=` })
})

test('a page message describes the page and the browser', async ({ site }) => {
  await site.visit('/shop?ttclid=abc#top')
  const [message] = await site.hurried(1)
  expect(message.context).toEqual({
    library: 'postbacks-pixel', libraryVersion: '1.1.0', pageUrl: `${site.host.url}/shop?ttclid=abc#top`, pagePath: '/shop', pageTitle: 'Sample game',
    pageReferrer: '', locale: 'en-US', timezone: expect.stringMatching(/^\w+/), screen: expect.stringMatching(/^\d+x\d+$/),
  })
  expect(Math.abs(Date.parse(message.eventTimestamp) - Date.now())).toBeLessThan(60_000)
})

test('a very long URL is cut to what the API takes', async ({ site }) => {
  await site.visit(`/?ttclid=abc&padding=${'x'.repeat(5000)}`)
  const [{ properties, context }] = await site.hurried(1)
  expect(context.pageUrl).toHaveLength(2048)
  expect(properties.landing_page).toHaveLength(2048)
  expect(properties.ttclid).toBe('abc')
})
