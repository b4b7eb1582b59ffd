// `postbacks serve` as on the first day: a fresh SQLite file, nobody there yet. Each test has its own.
import { test as base, expect, type Page } from '@playwright/test'
import { join } from 'node:path'
import { start, type Running } from './process'

export interface Instance extends Running {
  url: string
  /** Sends one page view to the audience API with this key; the status of the answer. */
  knock(key: string, address?: string): Promise<number>
  /** Sends one event of a player without a click; the status of the answer. */
  track(key: string, eventName: string, properties: object): Promise<number>
}

export interface Fresh extends Instance {
  /** The one-time code that it printed. */
  code: string
}

export const owner = { email: 'mara@ashgrove.example', password: 'correct horse battery' }
export const page = {
  game: '/games/emberfall',
  goals: '/games/emberfall/settings/goals',
  keys: '/games/emberfall/settings/api-keys',
  pixel: '/games/emberfall/settings/pixel',
  list: '/games/emberfall/settings/integrations',
  reddit: '/games/emberfall/settings/integrations/reddit',
}

/** Starts it, in a copy of the folder `like` where one is given, and waits until it has printed so many lines. */
export async function serve(lines: number, like?: string): Promise<Instance> {
  const running = await start(({ folder, listen }) => ({
    args: ['serve'],
    env: { DATABASE_URL: `sqlite://${join(folder, 'postbacks.db')}`, POSTBACKS_LISTEN: listen, POSTBACKS_PUBLIC_URL: `http://${listen}` },
  }), lines, like)
  const url = running.said[0]!.match(/http:\S+/)![0]
  const send = async (key: string, message: object, pageUrl?: string) => (await fetch(`${url}/v1/audience/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-immutable-publishable-key': key },
    body: JSON.stringify({ messages: [{
      ...message, messageId: crypto.randomUUID(), eventTimestamp: new Date().toISOString(), anonymousId: crypto.randomUUID(),
      consentLevel: 'anonymous', context: { library: 'end2end', libraryVersion: '1', pageUrl },
    }] }),
  })).status
  const knock = (key: string, address = 'https://emberfall.example/') => send(key, { type: 'page', surface: 'pixel' }, address)
  const track = (key: string, eventName: string, properties: object) => send(key, { type: 'track', surface: 'unity', eventName, properties })
  return { ...running, url, knock, track }
}

export const test = base.extend<{ fresh: Fresh }>({
  fresh: async ({}, use) => {
    const instance = await serve(2)
    await use({ ...instance, code: instance.said[1]!.split(' ').at(-1)! })
    await instance.stop()
  },
  baseURL: async ({ fresh }, use) => use(fresh.url),
})

export async function setUp(tab: Page, code: string, password = owner.password) {
  await tab.goto('/setup')
  await tab.getByLabel('One-time code').fill(code)
  await tab.getByLabel('Email').fill(owner.email)
  await tab.getByLabel('Password').fill(password)
  await tab.getByRole('button', { name: 'Make me the owner' }).click()
}

export async function makeGame(tab: Page) {
  await tab.goto('/games')
  await tab.getByLabel('Name').fill('Emberfall')
  await tab.getByRole('button', { name: 'Make game' }).click()
  await expect(tab).toHaveURL(/\/games\/emberfall$/)
}

export { expect }
