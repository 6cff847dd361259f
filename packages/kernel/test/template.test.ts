import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Context, Section, type SectionOptions, Type } from '../src/index.ts'
import { readText } from '../src/filled-text.ts'
import { helpers } from '../src/template.ts'
import { aSession, thrownBy } from './a-session.ts'
import { cases } from './cases.ts'

class Notes extends Context('notes', {
  text: Type.String({ default: '' }),
  html: Type.String({ default: '<b>&"\'</b>' }),
  items: Type.Array(Type.String(), { default: ['one', 'two\nlines'] }),
  facts: Type.Record(Type.String(), Type.Any(), { default: { a: { b: 1 }, constructor: 'plain data' } }),
}) {
  get shout() {
    return this.text.toUpperCase()
  }
}

/** Renders one template in a session that has notes. */
function render(template: SectionOptions['template'], text = '') {
  const Told = Section('told', {}, { template: template!, needs: [Notes] })
  const { session } = aSession(Notes, Told as never)
  session.context.$get(Notes).text = text
  session.sections.$get('told' as never)
  return session.prompt()
}

const textOf = (template: SectionOptions['template'], text?: string) => {
  const { text: rendered, notices } = render(template, text)
  expect(notices.filter(({ kind }) => kind === 'failed')).toEqual([])
  return rendered
}
const failureOf = (template: SectionOptions['template'], text?: string) => {
  const failed = render(template, text).notices.find(({ kind }) => kind === 'failed')
  expect(failed).toBeDefined()
  return failed!.message
}

describe('an Eta template', () => {
  test('puts values out as they are: no HTML escaping (SPEC 42)', () => {
    expect(textOf('<%= context.notes.html %> <%~ context.notes.html %>')).toBe('<b>&"\'</b> <b>&"\'</b>')
  })

  test('shows nothing for nothing, JSON for objects, and text for the rest (SPEC 42)', () => {
    expect(textOf('[<%= undefined %>][<%= null %>][<%= 0 %>][<%= false %>][<%= 1n %>]')).toBe(
      '[][][0][false][1]',
    )
    expect(textOf('<%= context.notes.items %> <%= context.notes.facts.a %>')).toBe(
      '["one","two\\nlines"] {"b":1}',
    )
    expect(textOf('[<%= { toJSON() {} } %>]')).toBe('[]')
    expect(textOf('<%= now %>')).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('has json, fence and list (SPEC 42)', () => {
    expect(textOf('<%= json(context.notes.facts.a) %>')).toBe('{\n  "b": 1\n}')
    expect(textOf('[<%= json(undefined) %>]')).toBe('[]')
    expect(textOf('<%= list(context.notes.items) %>')).toBe('- one\n- two\n  lines')
    expect(textOf('[<%= list("no list") %>]')).toBe('[]')
    expect(textOf('<%= fence(context.notes.text) %>', 'said')).toBe('```\nsaid\n```')
  })

  test('leaves no empty line behind where a line holds nothing but a tag (SPEC 42)', () => {
    const template = [
      'before',
      '<% if (context.notes.text) { %>',
      '  <%# a comment %>',
      '  <% for (const item of context.notes.items) { %>',
      '  - <%= item %>',
      '  <% } %>',
      '<%- } -%>',
      'after <%= context.notes.text %>',
      '<%= "" %>',
      'end',
    ].join('\n')
    expect(textOf(template.replace('<%# a comment %>', '<% /* a comment */ %>'), 'x')).toBe(
      'before\n  - one\n  - two\nlines\nafter x\n\nend',
    )
  })

  test('keeps line breaks as they are elsewhere, and trims the whole (SPEC 42)', () => {
    expect(textOf('\n\n  a\n\n<%= 1 %>\n<%= 2 %>\n\nb  \n\n')).toBe('a\n\n1\n2\n\nb')
    expect(textOf('a\r\n<% if (true) { %>\r\nb\r\n<% } %>\r\nc')).toBe('a\nb\nc')
  })

  test('that fails names its section, its package and the line, though tag lines leave no trace (SPEC 44)', () => {
    const template = 'one\n<% if (true) { %>\n<%_ const x = 1 %>\nfour\n<%= context.nowhere.x %>\n<% } %>'
    expect(failureOf(template)).toBe(
      "[RETINUE_TEMPLATE_FAILED] The section 'told' of @test/plugin@1.0.0 can't be rendered: " +
        "Cannot read properties of undefined (reading 'x') (line 5)",
    )
    expect(failureOf('\n\n<%= section.nope() %>')).toContain('section.nope is not a function (line 3)')
    expect(failureOf('<% throw "a text" %>')).toContain('a text (line 1)')
  })

  test('that does not parse names its section, and the line where the parser knows it (SPEC 44)', () => {
    expect(failureOf('one\ntwo <%= x')).toContain(
      "'told' of @test/plugin@1.0.0 can't be rendered: unclosed tag at line 2",
    )
    const failure = failureOf('one\n<% if ( %>\nthree')
    expect(failure).toContain("can't be rendered: Bad template syntax: Unexpected token ';'")
    expect(failure).not.toContain('__eta')
    expect(failure).toContain('(line 2)')
  })

  test('that has a tag which is no JavaScript names its line, blocks and strings around it or not (SPEC 44)', () => {
    const broken: [string, number][] = [
      ['<% if (true) { %>\n<% } %>\n\n<%= context. %>', 4],
      ['<% if (true) { %>\n<% for (const x of [1, 2]) { %>\n<%= x x %>\n<% } } else { %>\n<% } %>', 3],
      ['<% [1].forEach((x) => { %>\n<%= "}(" + x %>\n<% const open = `{[` %>\n<% }) %>\n<% let let %>', 5],
      ['<%= (1 %>\n<%= 2 %>', 1],
      ['<% if (true) { %>\nno end', NaN],
    ]
    for (const [template, line] of broken) {
      const failure = failureOf(template)
      expect(failure).toContain("'told' of @test/plugin@1.0.0 can't be rendered: Bad template syntax")
      expect(/\(line (\d+)\)/.exec(failure)?.[1]).toBe(Number.isNaN(line) ? undefined : String(line))
    }
  })

  test('that fails only at times is reported without a line that could be wrong (SPEC 44)', () => {
    const template =
      '<% if (!context.notes.facts.a.b || !globalThis.retinueSecond) { globalThis.retinueSecond = 1; boom() } %>'
    expect(failureOf(template)).toContain("can't be rendered: boom is not defined")
    expect(failureOf(`x<% ${'\n'}if (globalThis.retinueSecond) nope() %>`)).toContain('(line 1)')
  })

  test('keeps the code of what the kernel refused (SPEC 44)', () => {
    const { notices } = render('<% context.notes.text = "mine" %>')
    expect(notices[0]!.message).toMatch(
      /^\[RETINUE_VALUE_REFUSED\] The section 'told' .*\(line 1\) Templates only look/,
    )
    expect(notices[0]!.message.match(/RETINUE/g)).toHaveLength(1)
  })

  test('that is a function gets the same views, without code generation (SPEC 42)', () => {
    const template: SectionOptions['template'] = (view) =>
      `${(view.context as { notes: Notes }).notes.shout} ${(view.json as (x: unknown) => string)([1])}`
    expect(textOf(template, 'hey')).toBe('HEY [\n  1\n]')
    expect(textOf(() => undefined as never)).toBe('')
    expect(
      failureOf(() => {
        throw new Error('boom')
      }),
    ).toContain("section 'told' of @test/plugin@1.0.0 can't be rendered: boom")
  })
})

test('what gives a promise fails: a prompt waits for nothing (SPEC 44)', async () => {
  const late = () => Promise.reject(new Error('late'))
  expect(failureOf(late as never)).toContain('it gave a promise, and a prompt waits for nothing')
  expect(failureOf('\n<%= Promise.resolve(1) %>')).toContain('waits for nothing (line 2)')
  await Promise.resolve()
})

describe('fence', () => {
  test('can not be broken out of, whatever it holds (SPEC 42)', () => {
    const piece = fc.constantFrom('`', '``', '```', '````', '\n', '\r\n', ' ', 'a', '~~~', '\u0000')
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(text, (content) => {
        const fenced = helpers.fence(content)
        const fence = /^`+/.exec(fenced)![0]
        expect(fenced).toBe(`${fence}\n${content}\n${fence}`)
        expect(fence.length).toBeGreaterThanOrEqual(3)
        expect(content.includes(fence)).toBe(false)
      }),
      cases,
    )
  })

  test('is linear on a hostile text (SPEC 42)', () => {
    const text = '`'.repeat(100_000) + '` '.repeat(100_000)
    const start = performance.now()
    expect(helpers.fence(text)).toHaveLength(text.length + 2 * (100_001 + 1) + 2)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

describe('text that is not code', () => {
  const fill = (text: string, notes = '') => {
    const { session, agent } = aSession(Notes)
    session.context.$get(Notes).text = notes
    agent.instructions = text
    return session.prompt().text
  }

  test('is filled by paths over views and plain data, with filters (D15)', () => {
    expect(fill('Help {{ user.id }} with {{context.notes.text}}.', 'this')).toBe('Help ada with this.')
    expect(fill('{{context.notes.items | list}}')).toBe('- one\n- two\n  lines')
    expect(fill('{{context.notes.text | fence}}', 'a')).toBe('```\na\n```')
    expect(fill('{{context.notes.facts.a.b}}{{context.notes.facts.a | json | fence}}')).toBe(
      '1```\n{\n  "b": 1\n}\n```',
    )
    expect(fill('{{context.notes.items.1}} {{context.notes.shout}} {{session.agent}}', 'x')).toBe(
      'two\nlines X researcher',
    )
    expect(fill('[{{context.nowhere.at.all}}][{{context.notes.text.length}}]')).toBe('[][]')
  })

  test('without anything to look up stands as it is (D15)', () => {
    expect(fill('A }} alone, and a {{ that nobody closes')).toBe('A }} alone, and a {{ that nobody closes')
    expect(fill('')).toBe('')
    expect(readText('plain').plain).toBe(true)
    expect(readText('{{x}}').plain).toBe(false)
  })

  test('that reads what throws stops the run: a prompt without its instructions is none (D15, SPEC 44)', () => {
    class Fragile extends Context('fragile', {}) {
      get text(): string {
        throw new TypeError('broken')
      }
    }
    const { session, agent } = aSession(Fragile)
    agent.instructions = '{{context.fragile.text}}'
    expect(session.prompt().text).toBe('')
    session.context.$get(Fragile)
    const error = thrownBy(() => session.prompt())
    expect(error.message).toBe("[RETINUE_TEMPLATE_FAILED] The instructions can't be rendered: broken")
    expect(error.details).toMatchObject({ section: 'instructions', package: 'agent:researcher' })
  })

  test('is never rendered again: what a value holds stays what it is (D15)', () => {
    expect(fill('{{context.notes.text}}', '{{user.id}} <%= 1 + 1 %>')).toBe('{{user.id}} <%= 1 + 1 %>')
    expect(fill('<%= 1 + 1 %> ${1 + 1}')).toBe('<%= 1 + 1 %> ${1 + 1}')
  })

  test('calls nothing and reaches no prototype (D15)', () => {
    for (const path of [
      'context.notes.constructor',
      'context.notes.__proto__',
      'context.notes.__proto__.text',
      'context.notes.toJSON',
      'context.notes.valueOf.constructor',
      'session.__proto__',
      'session.constructor.constructor',
      'user.toString',
      'context.__proto__',
      'context.notes.items.constructor',
      'context.notes.items.map',
      'context.notes.facts.__proto__',
      'context.notes.facts.toString',
      'now.getTime',
      'json',
      'section',
    ]) {
      expect(fill(`[{{${path}}}]`)).toBe('[]')
    }
    expect(fill('{{context.notes.facts.constructor}}')).toBe('plain data') // an own key of data is data
  })

  test('that is no path, or has a filter that nobody knows, is refused where it is set (D15)', () => {
    const { agent } = aSession(Notes)
    for (const text of [
      '{{a b}}',
      '{{a()}}',
      '{{}}',
      '{{a..b}}',
      '{{a["b"]}}',
      '{{a + b}}',
      '{{a | upper}}',
      '{{a | constructor}}',
      '{{a | json | json | json | json}}',
    ]) {
      const error = thrownBy(() => (agent.instructions = text))
      expect(error.code).toBe('RETINUE_TEMPLATE_FAILED')
      expect(error.hint).toContain('json, fence, list')
    }
    expect(agent.instructions).toBeUndefined()
    expect(thrownBy(() => readText(`{{${'x '.repeat(1_000)}}}`)).message.length).toBeLessThan(500)
  })

  test('takes time in proportion to its length, whatever it holds (D15)', () => {
    const n = 100_000
    for (const hostile of [
      '{{'.repeat(n),
      '{{'.repeat(n) + '}}',
      '{{a}}'.repeat(n),
      '{'.repeat(n),
      '}}{{'.repeat(n),
      `{{${'a.'.repeat(n)}a}}`,
      `{{a${'|json'.repeat(n)}}}`,
    ]) {
      const start = performance.now()
      try {
        readText(hostile).fill({ a: 'x' })
      } catch {
        // refused: fine, if it is quick
      }
      expect(performance.now() - start).toBeLessThan(2_000)
    }
  })

  test('puts plain text and values out unchanged, for all texts (D15)', () => {
    const literal = fc.string().map((text) => text.replaceAll('{', '('))
    const value = fc.oneof(fc.string(), fc.constantFrom('{{b}}', '{{a | json}}', '<%= 1 %>', '}}', '{{'))
    fc.assert(
      fc.property(fc.array(fc.tuple(literal, value), { maxLength: 5 }), (pairs) => {
        const view = Object.fromEntries(pairs.map(([, each], i) => [`v${i}`, each]))
        const text = pairs.map(([each], i) => `${each}{{v${i}}}`).join('')
        expect(readText(text).fill(view)).toBe(pairs.flat().join(''))
      }),
      cases,
    )
  })
})

test('a runtime that begins to forbid code generation stops what is compiled after that (SPEC 42)', () => {
  const { Function: real } = globalThis
  const { session } = aSession(Section('told', {}, { template: '<%= 1 %>' }))
  session.sections.$get('told' as never)
  globalThis.Function = function () {
    throw new EvalError('Code generation from strings disallowed for this context')
  } as unknown as FunctionConstructor
  try {
    expect(thrownBy(() => session.prompt())).toMatchObject({
      code: 'RETINUE_TEMPLATE_FORBIDDEN',
      details: { section: 'told' },
    })
  } finally {
    globalThis.Function = real
  }
  expect(session.prompt().text).toBe('1')
})

test('where code generation is forbidden, Eta says so and what to do, and functions work (SPEC 42)', () => {
  const program = `
    import { ChatSession, ChatUser, createRegistry, definePlugin, Section, Context, Type } from '@retinue/kernel'
    class Notes extends Context('notes', { text: Type.String({ default: 'x', minLength: 1 }) }) {}
    class ByEta extends Section('by_eta', {}, { template: '<%= 1 %>' }) {}
    class ByFunction extends Section('by_function', {}, { needs: [Notes], template: ({ context }) => 'fine ' + context.notes.text }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'p', version: '1', contributes: [Notes, ByEta, ByFunction] }))
    const session = new ChatSession({ user: new ChatUser({ id: 'u', registry }) })
    session.sections.$get(ByFunction)
    session.context.$get(Notes).text = 'checked without code'
    let refused
    try { session.context.$get(Notes).text = '' } catch (error) { refused = error.code }
    const { text } = session.prompt()
    session.sections.$get(ByEta)
    let code, hint, details
    try { session.prompt() } catch (error) { ({ code, hint, details } = error) }
    console.log(JSON.stringify({ text, refused, code, hint, details }))
  `
  const args = [
    '--disallow-code-generation-from-strings',
    '--conditions=@retinue/source',
    '--input-type=module',
    '-e',
    program,
  ]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    text: 'fine checked without code',
    refused: 'RETINUE_VALUE_INVALID',
    code: 'RETINUE_TEMPLATE_FORBIDDEN',
    hint: expect.stringContaining('Give the section a function as its template'),
    details: { section: 'by_eta', package: 'p' },
  })
})
