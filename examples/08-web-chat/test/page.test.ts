// The page as a person has it, in a real browser, with a server behind it.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { AgentConfig, createRegistry, definePlugin, defineTool, defineToolset, Type } from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { scriptedModel, type ScriptedStep } from '@retinue/testing'
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chatServer } from '../server.ts'

const executablePath = process.env['RETINUE_CHROMIUM']! // the settings of the tests say

const shop = defineToolset('shop', {
  tools: {
    price: defineTool({ description: 'Tells a price.', input: Type.Object({}), execute: () => '3' }),
    order: defineTool({
      description: 'Orders a book.',
      input: Type.Object({ title: Type.String() }),
      approval: true,
      execute: ({ title }) => `${title} is on its way.`,
    }),
  },
})

describe.skipIf(!existsSync(executablePath))('the page', () => {
  let browser: Browser
  let server: ServerType
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterEach(() => {
    server.close()
  })
  afterAll(() => browser.close())

  /** Serves a model that plays a script; opens the page. */
  async function visit(script: readonly ScriptedStep[]): Promise<Page> {
    const registry = createRegistry()
    registry.register(definePlugin({ name: '@example/shop', version: '1.0.0', contributes: [shop] }))
    const agent = new AgentConfig({ name: 'clerk', model: scriptedModel(script), tools: ['shop'], registry })
    const manager = new StoredSessionManager({ store: memoryStore(), agents: () => agent, registry })
    server = serve({ fetch: chatServer(manager, agent, () => 'ada').fetch, hostname: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return page
  }

  it('says where an answer broke off, also when it is opened again, and goes on with one click', async () => {
    const page = await visit(['Good day.', { text: 'Half a', cut: true }, 'A whole answer.'])
    await say(page, 'Good day!')
    await say(page, 'Tell me.')
    await page.getByText('The answer is not whole.').waitFor()
    expect(await page.locator('.error').count()).toBe(1)

    await page.reload()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('A whole answer.').waitFor()
    expect(await lines(page)).toEqual([
      'user: Good day!',
      'assistant: Good day.',
      'user: Tell me.',
      'assistant: Half a',
      'assistant: A whole answer.',
    ])
  })

  it('says that a turn has come to its limit of steps, and goes on with one click', async () => {
    const step = { calls: [{ tool: 'shop_price', input: {} }] }
    const page = await visit([...Array<typeof step>(20).fill(step), 'Three euros.'])
    await say(page, 'What does a pen cost?')
    await page.getByText('That took too many steps.').waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('Three euros.').waitFor()
    expect((await lines(page)).at(-1)).toBe('assistant: Three euros.')
  })

  it('asks in each tab, and tells the second that it is answered', async () => {
    const calls = [{ tool: 'shop_order', input: { title: 'Emma' } }]
    const page = await visit([{ calls }, 'Done.'])
    await say(page, 'Order Emma.')
    await page.getByRole('button', { name: 'Yes' }).waitFor()

    const other = await browser.newPage()
    await other.goto(page.url())
    await other.getByRole('button', { name: 'Yes' }).click()
    await other.getByText('Done.').waitFor()

    await page.getByRole('button', { name: 'No' }).click()
    await page.getByText('Done.').waitFor()
    expect(await lines(page)).toEqual([
      'user: Order Emma.',
      'tool: shop_order {"title":"Emma"}',
      'tool: → Emma is on its way.',
      'assistant: Done.',
      'error: Nothing waits for an answer any more.',
    ])
  })

  it('keeps what is typed while a message is on its way', async () => {
    const page = await visit(['Good day.'])
    const { promise: mayGo, resolve: letGo } = Promise.withResolvers<void>()
    await page.route('**/turns', (request) => mayGo.then(() => request.continue()))
    await say(page, 'Good day!')
    await page.getByRole('textbox').fill('And what I thought of meanwhile')
    letGo()
    await page.getByText('Good day.').waitFor()
    expect(await page.getByRole('textbox').inputValue()).toBe('And what I thought of meanwhile')
  })

  it('lays nothing anew while a turn goes on that another page hears', async () => {
    const { promise, resolve: answer } = Promise.withResolvers<string>()
    const page = await visit([() => promise])
    await say(page, 'Good day!')
    const other = await browser.newPage()
    await other.goto(page.url())
    const shown = await other.locator('.user').elementHandle()
    for (let times = 0; times < 2; times++) await other.waitForResponse(/sessions/)
    expect(await shown!.evaluate((line) => line.isConnected)).toBe(true)

    answer('Good day.')
    await other.getByText('Good day.').waitFor()
    expect(await lines(other)).toEqual(['user: Good day!', 'assistant: Good day.'])
  })

  it('asks for a yes to what stands there, not to what a model makes it look like', async () => {
    const calls = [{ tool: 'shop_order', input: { title: 'Em\u202Eam' } }]
    const page = await visit([{ calls }])
    await say(page, 'Order Emma.')
    const question = page.locator('.question')
    expect(await question.textContent()).toContain(
      String.raw`May shop_order run with {"title":"Em\u{202e}am"}?`,
    )
  })

  it('shows what is said as it is', async () => {
    const text = '<img src=x onerror="document.title = 1"> **bold**'
    const page = await visit([text])
    await say(page, text)
    await page.locator('.assistant').waitFor()
    await page.reload()
    await page.locator('.assistant').waitFor()
    expect(await lines(page)).toEqual([`user: ${text}`, `assistant: ${text}`])
    expect(await page.title()).toBe('Clerk')
  })
})

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox').fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

function lines(page: Page): Promise<string[]> {
  return page
    .locator('#talk > *')
    .evaluateAll((all) => all.map((one) => `${one.className}: ${one.textContent}`))
}
