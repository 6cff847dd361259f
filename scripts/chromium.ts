/** The browser that `*.browser.test.ts` run in: Debian's Chromium, or what RETINUE_CHROMIUM names. */
export const chromium: string = process.env['RETINUE_CHROMIUM'] ?? '/usr/bin/chromium'
