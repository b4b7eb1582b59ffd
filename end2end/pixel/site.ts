// A game's own site that carries the pixel: another origin than the audience API, any path answers with the same page.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test as base, expect, type Page } from '@playwright/test'
import { faults, listen, type Answer, type Audience } from './audience.ts'

export { expect }
export type Options = {
  consent?: string, consentMode?: string, domain?: string, endpoint?: string, baseUrl?: string, testMode?: boolean, autocapture?: unknown
}
type Host = { url: string, port: number, html: string, headers: Record<string, string>, close: () => void }

export class Site {
  readonly key = `pk_${randomUUID()}`
  constructor(readonly page: Page, readonly host: Host, readonly audience: Audience) {
    this.carry({ consent: 'anonymous' })
  }

  /** Puts the snippet on every page of the site. `queue` names the stub, `script` runs behind it, `body` is the page. */
  carry(options: Options, { queue = 'postbacks', script = '', body = '<a href="/shop">Shop</a>' } = {}) {
    const init = JSON.stringify(['init', { key: this.key, ...options }])
    this.host.headers = {}
    this.host.html = `<!doctype html><html lang="en"><head><title>Sample game</title><script>
      (function(w,d,q,s){w[q]=w[q]||[];w[q].push(${init});${script}
      s=d.createElement('script');s.async=1;s.src='${this.audience.url}/pixel.js';d.head.appendChild(s)})(window,document,'${queue}')
      </script></head><body>${body}</body></html>`
  }
  async visit(path = '/', origin = this.host.url) {
    await this.page.goto(origin + path)
    await this.loaded()
  }
  async loaded() {
    await this.page.waitForFunction(() => (window as any).postbacks?._loaded)
  }
  async push(...command: unknown[]) {
    await this.page.evaluate(command => (window as any).postbacks.push(command), command)
  }
  answers(...next: Answer[]) { this.audience.next(this.key, ...next) }
  requests() { return this.audience.requests(this.key) }
  /** The messages that came, in order, each counted once by its id, as the API does. */
  messages() {
    return [...new Map(this.requests().flatMap(request => request.messages).map(message => [message.messageId, message])).values()]
  }
  /** Waits until `count` messages have come and returns them; more than that is a failure. */
  async received(count: number) {
    await expect.poll(() => this.messages().length, { message: 'messages received', intervals: [20] }).toBe(count)
    return this.messages()
  }
  /** The same without the time that messages wait for company. */
  async hurried(count: number) {
    await expect.poll(async () => {
      await this.hurry()
      return this.messages().length
    }, { message: 'messages received', intervals: [20] }).toBe(count)
    return this.messages()
  }
  /** Tells the pixel that the page goes; a page that is going has told it. */
  async hurry() { await this.page.evaluate(() => dispatchEvent(new Event('pagehide'))).catch(() => {}) }
  /** The changes of consent that were told, in order. */
  async told(...statuses: string[]) {
    await expect.poll(() => this.audience.consents(this.key).map(consent => consent.status), { intervals: [20] }).toEqual(statuses)
    return this.audience.consents(this.key)
  }
  /** When the pixel sent messages, by the page's own clock. Call `watch` before the visit. */
  async watch() {
    await this.page.addInitScript(() => {
      const times: number[] = (window as any).calls = [], fetch = window.fetch
      window.fetch = (...args) => (String(args[0]).endsWith('/messages') && times.push(Date.now()), fetch(...args))
    })
  }
  calls(): Promise<number[]> { return this.page.evaluate(() => (window as any).calls) }
  /** Lets the page's clock run in steps (ms) until the pixel has sent messages `count` times; returns the waits between the calls in ms. */
  async waits(count: number, step = 1_000) {
    await expect(async () => {
      await this.page.clock.runFor(step)
      expect((await this.calls()).length).toBeGreaterThanOrEqual(count)
    }).toPass({ intervals: [0] })
    const calls = await this.calls()
    return calls.slice(1).map((time, i) => time - calls[i])
  }
  cookies() { return this.page.context().cookies() }
  async cookie(name: string) { return (await this.cookies()).find(cookie => cookie.name === name) }
}

export const test = base.extend<{ site: Site }, { host: Host, audience: Audience }>({
  audience: [async ({}, use) => {
    const audience = await listen()
    await use(audience)
    audience.close()
  }, { scope: 'worker' }],
  host: [async ({}, use) => {
    const host = { html: '', headers: {} } as Host
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...host.headers })
      response.end(host.html)
    })
    await new Promise<void>(done => server.listen(0, done))
    host.port = (server.address() as AddressInfo).port
    host.url = `http://localhost:${host.port}`
    await use(host)
    server.closeAllConnections()
    server.close()
  }, { scope: 'worker' }],
  /** Fails the test when the page threw, or when a message broke the published contract. */
  site: async ({ page, host, audience }, use) => {
    const thrown: Error[] = []
    page.on('pageerror', error => thrown.push(error))
    const site = new Site(page, host, audience)
    await use(site)
    expect(thrown, 'errors thrown into the page').toEqual([])
    expect(site.messages().map(faults).flat(), 'breaches of the contract').toEqual([])
  },
})
