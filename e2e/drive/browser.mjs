// One real Chromium, and what may go wrong in it.
import { chromium } from 'playwright-core'

export async function open(executablePath, options = {}) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb', '--font-render-hinting=none'] })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options })
  return { browser, context }
}
