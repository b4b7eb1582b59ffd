// What a page owes to whoever reads it: nothing serious for a screen reader, as axe sees it, and nothing to scroll sideways.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** The rules of axe that light and dark can answer differently. */
const aboutColours = ['color-contrast', 'link-in-text-block']

/** The page as it stands, in light and in dark. Only colours differ between the two, so in dark only what is about colours is looked at. */
export async function expectAccessible(tab: Page) {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion no colour is caught half-way.
    await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // No page has frames, so axe needs no page of its own to join their results in.
    const axe = new AxeBuilder({ page: tab }).setLegacyMode()
    const { violations } = await (colorScheme === 'dark' ? axe.withRules(aboutColours) : axe).analyze()
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => `${tab.url()} ${colorScheme}: ${id}: ${nodes[0]?.html}`)).toEqual([])
  }
}

/** No part of the page, shown or hidden, makes it wider than its window. */
export async function expectFits(tab: Page) {
  await expect(tab.locator('html'), tab.url()).toHaveJSProperty('scrollWidth', await tab.locator('html').evaluate((page) => page.clientWidth))
}
