// What a page owes to whoever reads it: nothing serious for a screen reader, as axe sees it, and nothing to scroll sideways.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** The page as it stands, in light and in dark. */
export async function expectAccessible(tab: Page) {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion no colour is caught half-way.
    await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page: tab }).analyze()
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => `${tab.url()} ${colorScheme}: ${id}: ${nodes[0]?.html}`)).toEqual([])
  }
}

/** No part of the page, shown or hidden, makes it wider than its window. */
export async function expectFits(tab: Page) {
  await expect(tab.locator('html'), tab.url()).toHaveJSProperty('scrollWidth', await tab.locator('html').evaluate((page) => page.clientWidth))
}
