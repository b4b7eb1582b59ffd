// A Postbacks of its own for each worker: `postbacks demo` without its players, on a free port, in a temporary folder.
import { randomUUID } from 'node:crypto'
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { start } from './process'

export interface Demo {
  url: string
  simulator: string
  /** Sends messages to the audience API with the demo's publishable key; the status of the answer. */
  messages(...messages: object[]): Promise<number>
  /** Scripts a fault, expires or restores tokens at the simulator. */
  simulate(path: string, body: object): Promise<void>
}

const game = '/games/sample-game'
export const page = {
  game,
  list: `${game}/settings/integrations`,
  tiktok: `${game}/settings/integrations/tiktok`,
  meta: `${game}/settings/integrations/meta`,
  google: `${game}/settings/integrations/google`,
  reddit: `${game}/settings/integrations/reddit`,
  players: `${game}/players`,
  general: `${game}/settings/general`,
  goals: `${game}/settings/goals`,
  keys: `${game}/settings/api-keys`,
  pixel: `${game}/settings/pixel`,
  audit: `${game}/settings/audit-log`,
}

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>

export const test = base.extend<{ signedIn: Page }, { demo: Demo; session: Cookies }>({
  demo: [async ({}, use) => {
    const running = await start(({ folder, listen }) => ({ args: ['demo', '--no-traffic', '--listen', listen, '--data', folder] }), 2)
    const [url, simulator] = running.said.map((line) => line.match(/http:\/\/[\d.:]+/)![0]) as [string, string]
    await use({
      url,
      simulator,
      messages: async (...messages) => (await fetch(`${url}/v1/audience/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-immutable-publishable-key': 'pk_demo' },
        body: JSON.stringify({ messages }),
      })).status,
      simulate: async (path, body) => {
        const answer = await fetch(`${simulator}/simulator/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
        expect(answer.ok, await answer.text()).toBe(true)
      },
    })
    await running.stop()
  }, { scope: 'worker' }],
  baseURL: async ({ demo }, use) => use(demo.url),
  // Signed in once a worker: the way in has tests of its own.
  session: [async ({ demo, browser }, use) => {
    const context = await browser.newContext({ baseURL: demo.url })
    const page = await context.newPage()
    await page.goto('/sign-in')
    await page.getByLabel('Email').fill('demo@postbacks.test')
    await page.getByLabel('Password').fill('demo-postbacks')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page).toHaveURL(`${demo.url}/games`)
    await use(await context.cookies())
    await context.close()
  }, { scope: 'worker' }],
  signedIn: async ({ page, session }, use) => {
    await page.context().addCookies(session)
    await use(page)
  },
})

/** A player who lands with a click id and buys something a moment later. */
export function purchase(click: 'ttclid' | 'fbclid' | 'gclid' | 'rdt_cid' | 'twclid', value = '12.99'): object[] {
  const anonymousId = randomUUID()
  const id = click === 'ttclid' ? `E.C.P.${randomUUID()}` : randomUUID().replaceAll('-', '')
  const common = () => ({ messageId: randomUUID(), eventTimestamp: new Date().toISOString(), anonymousId, consentLevel: 'anonymous' })
  const context = { library: 'end2end', libraryVersion: '1', pageUrl: `https://sample-game.test/?${click}=${id}` }
  return [
    { ...common(), type: 'page', surface: 'pixel', properties: { [click]: id }, context },
    { ...common(), type: 'track', surface: 'unity', eventName: 'purchase', properties: { currency: 'USD', value }, context: { library: 'end2end', libraryVersion: '1' } },
  ]
}

export { expect, type Page }
