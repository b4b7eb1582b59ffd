// The way from another company's snippet, on a page of another origin, to the ad network.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, page as path, test } from './demo'

/** A key of Immutable's make, as a page that sends to them carries it. */
const carried = `pk_imapik-${randomUUID()}`

test('a page with Immutable\'s snippet, the script\'s address and nothing else changed, delivers a purchase to the network', async ({ signedIn: page, demo }) => {
  await page.goto(path.keys)
  await page.getByLabel('Publishable key', { exact: true }).fill(carried)
  await page.getByRole('button', { name: 'Take over key' }).click()
  await expect(page.getByRole('status')).toContainText('The key is taken over.')

  const click = `E.C.P.${randomUUID()}`
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Sample game</title>
    <script>
    (function(){
    var w=window,i="__imtbl";
    w[i]=w[i]||[];
    w[i].push(["init",{"key":"${carried}","consent":"anonymous"}]);
    var s=document.createElement("script");s.async=1;
    s.src="${demo.url}/pixel.js";
    document.head.appendChild(s);
    })();
    </script>
    <button onclick="__imtbl.push(['track', 'purchase', { currency: 'USD', value: '12.99' }])">Buy</button>
    <button onclick="__imtbl.push(['consent', 'full'])">Agree</button>
    <button onclick="__imtbl.push(['consent', 'none'])">Withdraw</button>`))
  await new Promise<void>(done => site.listen(0, done))
  await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/play?ttclid=${click}&utm_source=tiktok`)
  await page.getByRole('button', { name: 'Buy' }).click()
  await expect.poll(async () => {
    const ledger = await (await fetch(`${demo.simulator}/simulator/ledger?network=tiktok&event=Purchase&limit=1000`)).text()
    return ledger.match(new RegExp(`"event_id":"[^"]+","user":{"ttclid":"${click}"`))?.length ?? 0
  }, { intervals: [100] }).toBe(1)

  // What the visitor agrees to arrives, also when they take it back, and then nothing is left in the browser.
  const visitor = async () => (await page.context().cookies()).find(({ name }) => name === 'imtbl_anon_id')?.value
  const known = await visitor()
  const agreed = async () => (await (await fetch(`${demo.url}/v1/audience/tracking-consent?anonymousId=${known}`, {
    headers: { 'x-immutable-publishable-key': carried },
  })).json()).status
  expect(await agreed()).toBe('not_set')
  for (const [button, status] of [['Agree', 'full'], ['Withdraw', 'none']] as const) {
    await page.getByRole('button', { name: button }).click()
    await expect.poll(agreed, { intervals: [100] }).toBe(status)
  }
  expect(await visitor()).toBeUndefined()

  await page.goto(path.keys)
  await page.getByRole('link', { name: 'Remove the key that your pages carry' }).click()
  await page.getByRole('button', { name: 'Remove key' }).click()
  await expect(page.getByRole('status')).toContainText('The key is removed.')
  site.closeAllConnections()
  site.close()
})
