// consentMode 'auto': the site's consent platform decides, by Google Consent Mode or by IAB TCF.
import { expect, test, type Site } from './site.ts'

/** As Google's own tag has it: what is pushed is an `arguments` object. */
const gtag = 'w.dataLayer=w.dataLayer||[];w.gtag=function(){w.dataLayer.push(arguments)};'
const denied = `gtag('consent','default',{analytics_storage:'denied',ad_storage:'denied',ad_user_data:'denied',ad_personalization:'denied'});`
const all = (answer: string) => ({ analytics_storage: answer, ad_storage: answer, ad_user_data: answer, ad_personalization: answer })
const update = ({ page }: Site, consents: object) => page.evaluate(consents => (window as any).gtag('consent', 'update', consents), consents)
/** After each act, the level of an event pushed now; none where it is not kept. */
async function levels(site: Site, ...acts: (() => Promise<unknown>)[]) {
  const said: string[] = []
  for (const act of acts) {
    await act()
    said.push(await site.page.evaluate(key => {
      ;(window as any).postbacks.push(['track', 'sign_up'])
      return localStorage.getItem(`postbacks:${key}`)?.match(/.*"consentLevel":"(\w+)"/)?.[1] ?? 'none'
    }, site.key))
  }
  return said
}

test('Google Consent Mode is followed, from the default through every update', async ({ site }) => {
  site.carry({ consentMode: 'auto', consent: 'full' }, { script: gtag + denied })
  await site.visit('/?gclid=abc')
  expect(await levels(site,
    async () => {},
    () => update(site, { analytics_storage: 'granted' }),
    () => update(site, { ad_storage: 'granted' }),
    () => update(site, all('granted')),
    () => update(site, { ad_personalization: 'denied' }),
    () => update(site, all('granted')),
    () => update(site, all('denied')),
  )).toEqual(['none', 'anonymous', 'anonymous', 'full', 'anonymous', 'full', 'none'])
  await site.told('anonymous', 'full', 'anonymous', 'full', 'none')
  expect(await site.cookies()).toEqual([])
})

test('the first yes sends the click of the landing page; a denied default leaves the next page\'s visitor alone', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: gtag + denied })
  await site.visit('/?gclid=abc')
  await update(site, all('granted'))
  const [first] = await site.hurried(1)
  expect(first).toMatchObject({ type: 'page', consentLevel: 'full', properties: { gclid: 'abc' } })
  await site.visit('/shop')
  await update(site, all('granted'))
  const [, second] = await site.hurried(2)
  expect(second.anonymousId).toBe(first.anonymousId)
})

test('a default for some regions may be for this one', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: `${gtag}gtag('consent','default',{analytics_storage:'denied',region:['DE']});gtag('consent','default',{analytics_storage:'granted'});` })
  await site.visit()
  expect(await levels(site, async () => {}, () => update(site, { analytics_storage: 'granted' }))).toEqual(['none', 'anonymous'])
})

test('a granted default is enough, plain arrays are read too, other entries are not', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: `w.dataLayer=[{event:'gtm.js'},null,7,['js',new Date()],['consent','default',{analytics_storage:'granted',ad_storage:'granted'}],['consent','default']];` })
  await site.visit()
  const [view] = await site.hurried(1)
  expect(view.consentLevel).toBe('full')
  expect(await site.page.evaluate(() => (window as any).dataLayer.push({ event: 'level_up' }, ['consent', 'update', { analytics_storage: 'denied' }]))).toBe(8)
  await site.told('none')
})

test('a platform that comes later is found', async ({ site, page }) => {
  site.carry({ consentMode: 'auto' })
  await site.visit()
  await page.evaluate(() => (window as any).dataLayer = [['consent', 'update', { analytics_storage: 'granted' }]])
  await site.hurried(1)
})

/** A TCF platform as its stub plays it: listeners are kept, and called when the page says so. */
const tcf = `w.listeners=[];w.__tcfapi=(command,version,callback)=>command=='addEventListener'&&w.listeners.push(callback);
  w.say=(eventStatus,...purposes)=>w.listeners.forEach(f=>f({eventStatus,listenerId:1,purpose:{consents:Object.fromEntries(purposes.map(p=>[p,true]))}},true));`
const say = ({ page }: Site, ...words: (string | number)[]) => page.evaluate(words => (window as any).say(...words), words)

test('IAB TCF is followed, from the first answer through every other', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: tcf })
  await site.visit('/?gclid=abc')
  expect(await levels(site,
    async () => {},
    () => say(site, 'cmpuishown'),
    () => say(site, 'useractioncomplete', 1),
    () => say(site, 'useractioncomplete', 1, 4),
    () => say(site, 'useractioncomplete', 1, 2, 7),
    () => say(site, 'useractioncomplete', 2, 3, 4),
  )).toEqual(['none', 'none', 'anonymous', 'full', 'anonymous', 'none'])
  await site.told('anonymous', 'full', 'anonymous', 'none')
})

test('an answer of an earlier visit counts at once, also when it says no', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: `${tcf}w.__tcfapi=(c,v,f)=>f({eventStatus:'tcloaded',purpose:{consents:{1:true,3:true}}},true);` })
  await site.visit()
  const [view] = await site.hurried(1)
  expect(view.consentLevel).toBe('full')
  site.carry({ consentMode: 'auto' }, { script: `${tcf}w.__tcfapi=(c,v,f)=>f({eventStatus:'tcloaded',purpose:{consents:{}}},true);` })
  await site.visit()
  await site.told('full', 'none')
  expect(await site.cookies()).toEqual([])
})

test('where both speak, Google Consent Mode counts', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: tcf + gtag + denied })
  await site.visit()
  expect(await levels(site, () => say(site, 'useractioncomplete', 1, 3), () => update(site, { analytics_storage: 'granted' }))).toEqual(['none', 'anonymous'])
})

test('a platform that throws or says nonsense leaves the page alone', async ({ site, page }) => {
  site.carry({ consentMode: 'auto' }, { script: `${gtag}w.listeners=[];w.__tcfapi=(c,v,f)=>{f();f(null,true);f({purpose:{consents:null}},true);throw new Error('broken')};
    w.dataLayer.push(new Proxy({},{get(){throw new Error('trap')}}),['consent','update',null],['consent','update',new Proxy({},{ownKeys(){throw new Error('trap')}})]);` })
  await site.visit()
  expect(await levels(site, async () => {}, () => update(site, all('granted')))).toEqual(['none', 'full'])
  await page.evaluate(() => (window as any).dataLayer.push(['consent', 'update', 7], ['consent', 'default', 'denied']))
})

test('a data layer that cannot be followed does not stand in the way of TCF', async ({ site }) => {
  site.carry({ consentMode: 'auto' }, { script: `${tcf}w.dataLayer=Object.freeze([]);` })
  await site.visit()
  expect(await levels(site, () => say(site, 'useractioncomplete', 1))).toEqual(['anonymous'])
})

test('without a platform it says so, and the site may still decide', async ({ site, page }) => {
  await page.clock.install()
  const warnings: string[] = []
  page.on('console', line => line.type() === 'warning' && warnings.push(line.text()))
  site.carry({ consentMode: 'auto' })
  await site.visit()
  await page.clock.runFor(200_000)
  await expect.poll(() => warnings).toEqual([expect.stringContaining('no consent platform')])
  await site.push('consent', 'anonymous')
  await site.hurried(1)
})
