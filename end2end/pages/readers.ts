// What a page owes to whoever reads it: nothing serious for a screen reader, as axe sees it, and nothing to scroll sideways.
import axe from 'axe-core'
import { expect, type Page } from '@playwright/test'

/** The rules of axe that light and dark can answer differently. */
const aboutColours = ['color-contrast', 'link-in-text-block']

/** The page as it stands, in light and in dark. Only colours differ between the two, so in dark only what is about colours is looked at. */
export async function expectAccessible(tab: Page) {
  // Not a script of the page's own, so its policy has no say.
  await tab.evaluate(axe.source)
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion no colour is caught half-way.
    await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const serious = await tab.evaluate(async (rules) => {
      const { axe } = window as unknown as { axe: typeof import('axe-core') }
      const { violations } = await axe.run(document, { resultTypes: ['violations'], ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}) })
      return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
    }, colorScheme === 'dark' ? aboutColours : null)
    expect(serious, `${tab.url()} ${colorScheme}`).toEqual([])
  }
}

/** No part of the page, shown or hidden, makes it wider than its window. */
export async function expectFits(tab: Page) {
  await expect(tab.locator('html'), tab.url()).toHaveJSProperty('scrollWidth', await tab.locator('html').evaluate((page) => page.clientWidth))
}
