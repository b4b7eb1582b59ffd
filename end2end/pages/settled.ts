// `postbacks serve` on its second day: its owner is signed in and has the game Emberfall. Set up once a worker; each test has a copy.
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { makeGame, page, serve, setUp, type Instance } from './fresh'

interface Day {
  folder: string
  cookies: Awaited<ReturnType<BrowserContext['cookies']>>
}

export const test = base.extend<{ instance: Instance; settled: Page }, { firstDay: Day }>({
  firstDay: [async ({ browser }, use) => {
    const instance = await serve(2)
    const context = await browser.newContext({ baseURL: instance.url })
    const tab = await context.newPage()
    await setUp(tab, instance.said[1]!.split(' ').at(-1)!)
    await makeGame(tab)
    const cookies = await context.cookies()
    await context.close()
    await instance.end()
    await use({ folder: instance.folder, cookies })
    await instance.stop()
  }, { scope: 'worker' }],
  instance: async ({ firstDay }, use) => {
    const instance = await serve(1, firstDay.folder)
    await use(instance)
    await instance.stop()
  },
  baseURL: async ({ instance }, use) => use(instance.url),
  settled: async ({ page: tab, firstDay, instance }, use) => {
    // The session's cookie is named after the port.
    const { port } = new URL(instance.url)
    await tab.context().addCookies(firstDay.cookies.map((cookie) => ({ ...cookie, name: cookie.name.replace(/\d+$/, port) })))
    await use(tab)
  },
})

export { expect, page }
