// What is done on a page, told without a line of the site's: links that lead away, forms, how far it was read.
import { createHash } from 'node:crypto'
import { expect, test, type Site } from './site.ts'

const events = (site: Site) => site.messages().filter(message => message.type === 'track').map(({ eventName, properties }) => [eventName, properties])

const links = `
  <a id="store" href="http://store.test/app?ref=1"> The <b>Store</b> </a> <a id="launch" href="steam://run/17">Launch</a>
  <a id="mail" href="mailto:a@b.c">Mail</a> <a id="script" href="javascript:void 0">Script</a> <a id="inside" href="/shop">Shop</a>
  <svg><a id="drawn" href="http://drawn.test/"><text y="9">Drawn</text></a></svg> <div id="shadow"></div>
  <button id="play" type="button"> Play </button> <input id="start" type="button" value="Start"> <form id="none"><button id="send">Send</button></form>
  <script>
    shadow.attachShadow({ mode: 'open' }).innerHTML = '<a href="http://shadow.test/">Shadow</a>'
    for (const name of ['click', 'auxclick', 'submit']) addEventListener(name, e => e.preventDefault())
    const press = id => document.getElementById(id).dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }))
    const pressAll = () => {
      for (const id of ['store', 'launch', 'mail', 'script', 'inside', 'drawn', 'play', 'start', 'send']) press(id)
      shadow.shadowRoot.querySelector('a').click()
      for (const button of [1, 2]) store.dispatchEvent(new MouseEvent('auxclick', { button, bubbles: true, composed: true }))
    }
  </script>`

test('links that lead away are told, with the ad click that led here', async ({ site, page }) => {
  site.carry({ consent: 'anonymous', autocapture: { forms: false } }, { body: links })
  await site.visit('/?ttclid=abc')
  await page.locator('#store b').click()
  await page.evaluate('pressAll()')
  await site.hurried(7)
  const came = { ttclid: 'abc', touchpoint_type: 'click', landing_page: `${site.host.url}/?ttclid=abc` }
  const store = ['link_clicked', { ...came, url: 'http://store.test/app?ref=1', label: 'The Store', element_id: 'store', outbound: true }]
  expect(events(site)).toEqual([
    store, store,
    ['link_clicked', { ...came, url: 'steam://run/17', label: 'Launch', element_id: 'launch', outbound: true }],
    ['link_clicked', { ...came, url: 'http://drawn.test/', label: 'Drawn', element_id: 'drawn', outbound: true }],
    ['link_clicked', { ...came, url: 'http://shadow.test/', label: 'Shadow', outbound: true }],
    store, // by the middle button
  ])
})

test('links inside and buttons are told where asked for, the rest is left where not', async ({ site, page }) => {
  site.carry({ consent: 'anonymous', autocapture: { clicks: false, internalClicks: true, buttons: true, scroll: false } }, { body: links })
  await site.visit()
  await page.evaluate('pressAll()')
  await site.hurried(4)
  expect(events(site)).toEqual([
    ['link_clicked', { landing_page: `${site.host.url}/`, url: `${site.host.url}/shop`, label: 'Shop', element_id: 'inside', outbound: false }],
    ['button_clicked', { button_text: 'Play', element_id: 'play', element_type: 'button' }],
    ['button_clicked', { button_text: 'Start', element_id: 'start', element_type: 'button' }],
  ])
})

const form = `<style>body { height: 5000px }</style>
  <form id="join" name="newsletter" action="/join"><input name="action" value="x"><input name="E-Mail" id="your-email" value=" Mara@Ashgrove.Example ">
  <input name="secret" type="password" value="hunter2"><textarea name="note">private words</textarea><select name="plan"><option>basic</select>
  <input type="hidden" name="elements"><input type="checkbox" name="plan"><button name="go">Join</button></form>
  <script>join.addEventListener('submit', e => window.stay && e.preventDefault())</script>`
const fields = { form_action: expect.stringMatching(/^http:.*\/join$/), form_id: 'join', form_name: 'newsletter', field_names: ['action', 'E-Mail', 'secret', 'note', 'plan', 'elements'] }

test('a form tells the names of its fields, and at full consent the hash of its email', async ({ site, page }) => {
  site.carry({ consent: 'anonymous' }, { body: form })
  await site.visit()
  await page.evaluate('stay = 1')
  await page.getByRole('button').click()
  await site.push('consent', 'full')
  await page.getByRole('button').click()
  await site.received(3)
  const hash = createHash('sha256').update('mara@ashgrove.example').digest('hex')
  expect(events(site)).toEqual([['form_submitted', fields], ['form_submitted', { ...fields, email_hash: `sha256:${hash}` }]])
  expect(JSON.stringify(site.requests())).not.toMatch(/mara@|hunter2|private words|basic/i)
})

test('a form that leads away is told', async ({ site, page }) => {
  site.carry({ consent: 'full', autocapture: { scroll: false } }, { body: form })
  await site.visit()
  await page.getByRole('button').click()
  await page.waitForURL('**/join?*')
  await site.hurried(3) // page, form, and the page that the form led to
  expect(events(site)).toEqual([['form_submitted', { ...fields, email_hash: expect.stringMatching(/^sha256:\w{64}$/) }]])
})

test('where browsers offer no digests a form is told without a hash', async ({ site, page, host }) => {
  site.carry({ consent: 'full' }, { body: form })
  await site.visit('/', `http://game.test:${host.port}`)
  await page.evaluate('stay = 1')
  await page.getByRole('button').click()
  await site.received(2)
  expect(events(site)).toEqual([['form_submitted', fields]])
})

const tall = `<style>html { scroll-behavior: auto } body { margin: 0 } #page { height: 3000px } .list { overflow: auto } .list div { height: 9000px }
  #small { height: 100px } #large { height: 90vh }</style>
  <div id="small" class="list"><div></div></div><div id="large" class="list"><div></div></div><div id="page"></div>`
const scroll = async ({ page }: Site, id: string, share: number) => page.evaluate(([id, share]) => new Promise<void>(done => {
  const at = id === 'page' ? document.scrollingElement! : document.getElementById(String(id))!
  addEventListener('scroll', () => requestAnimationFrame(() => done()), { once: true, capture: true })
  at.scrollTop = Math.ceil((at.scrollHeight - at.clientHeight) * Number(share))
}), [id, share] as const)
const depths = (site: Site) => site.messages().filter(({ eventName }) => eventName === 'scroll_depth').map(({ properties }) => properties.depth)

test('each depth of a page is told once, and again on the next page', async ({ site, page }) => {
  site.carry({ consent: 'anonymous' }, { body: tall })
  await site.visit()
  await scroll(site, 'page', 0.1)
  await scroll(site, 'small', 1)
  await scroll(site, 'page', 0.6)
  await scroll(site, 'page', 0.3)
  await scroll(site, 'large', 0.8)
  await scroll(site, 'page', 1)
  await site.hurried(6)
  expect(depths(site)).toEqual([25, 50, 75, 90, 100])
  await scroll(site, 'page', 0)
  await page.evaluate(() => history.pushState({}, '', '/next'))
  await site.hurried(7)
  await scroll(site, 'page', 0.3)
  await site.hurried(8)
  expect(depths(site).slice(5)).toEqual([25])
})

test('nothing of it is told at none, nor later, nor where it is switched off', async ({ site, page }) => {
  const act = async () => {
    await page.evaluate('pressAll(), none.requestSubmit()')
    await scroll(site, 'page', 1)
  }
  site.carry({}, { body: links + tall })
  await site.visit()
  await act()
  await scroll(site, 'page', 0)
  await site.push('consent', 'anonymous')
  await site.hurried(1)
  site.carry({ consent: 'anonymous', autocapture: false as any }, { body: links + tall })
  await site.visit('/later')
  await act()
  await site.push('track', 'sign_up')
  expect((await site.hurried(3)).map(message => message.eventName ?? message.type)).toEqual(['page', 'page', 'sign_up'])
})
