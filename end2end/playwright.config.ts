import { existsSync } from 'node:fs'
import { defineConfig, devices } from '@playwright/test'

// CHROMIUM names a browser; else Debian's is taken where it is installed, and Playwright's own where it is not.
// The headless shell is the same engine without the browser's own windows: the suite takes two thirds of the time.
const debian = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path))
const executablePath = process.env.CHROMIUM || debian

// Chromium refuses its sandbox to root; the rest keeps it from calling home, so that tests never leave the machine.
const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.test 127.0.0.1']
if (process.getuid?.() === 0) args.push('--no-sandbox')

export default defineConfig({
  testDir: '.',
  workers: 2,
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  reporter: [['list'], ['html', { open: 'never' }], ['./summary.ts']],
  timeout: 30_000,
  expect: { timeout: 10_000 },
  // Without motion no page waits for the one before it to fade: a third of the time.
  use: { launchOptions: { executablePath, args }, contextOptions: { reducedMotion: 'reduce' }, screenshot: 'only-on-failure', trace: process.env.TRACE ? 'retain-on-failure' : 'off' },
  projects: [
    { name: 'chromium', use: { ...devices['Desktop Chrome'] } },
    // What must work for everybody is tagged @core, what a small window could break @mobile.
    { name: 'no-javascript', grep: /@core/, use: { ...devices['Desktop Chrome'], javaScriptEnabled: false } },
    { name: 'mobile', grep: /@mobile/, use: { ...devices['Pixel 7'] } },
  ],
})
