import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderBlocks } from '../src/terminal/markdown-blocks.ts'
import { loadMarkdown, MarkdownStream, wantedForMarkdown } from '../src/terminal/markdown.ts'

const render = (await loadMarkdown())!

function rendered(source: string, cuts: readonly number[] = []): string {
  const stream = new MarkdownStream(render, () => 60)
  let text = ''
  let at = 0
  for (const cut of cuts) text += stream.push(source.slice(at, (at += cut)))
  return text + stream.push(source.slice(at)) + stream.end()
}

const markup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '# ',
        '- ',
        '1. ',
        '\n',
        '\n\n',
        '```\n',
        '| a | b |\n|---|---|\n',
        '> ',
        '**',
        '`',
        '    ',
        '[x](y)',
      ),
      fc.constantFrom(
        '&#27;[2J',
        '&#x1b;]0;t&#7;',
        '&#x9b;',
        '&#8238;',
        '&amp;#27;',
        '&lrm;',
        '&ZeroWidthSpace;',
        '\u001B[8m',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''))

describe('Markdown in a terminal', () => {
  test('writes no escape sequence but colours, whatever the source holds or encodes', () => {
    fc.assert(
      fc.property(markup, (source) => {
        // oxlint-disable-next-line no-control-regex -- what a renderer may write
        const plain = rendered(source).replace(/\u001B\[(?:0|[1-9]|2[1-9]|3[0-9]|9[0-7])?m/g, '')
        expect(plain.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200B]/u)
      }),
    )
  })

  test('encodes no colour that would hide text', () => {
    expect(rendered('a &#27;[8mhidden')).not.toContain('\u001B[8m')
    expect(rendered('a &#x1B;[30mhidden')).not.toContain('\u001B[30m')
  })

  test('leaves out no word, HTML and images among them', () => {
    const marks = [
      '<div>\n',
      '</b>',
      '<!-- ',
      ' -->',
      '![',
      '](',
      ')',
      '[',
      ']: ',
      '> ',
      '- ',
      '- [x] ',
      '1. ',
    ]
    const others = ['# ', '\n', '\n\n', '```\n', '    ', '| a |\n|---|\n| ', '**', '`', '\\', '  \n', ': ']
    const pieces = fc.array(fc.constantFrom('word ', ...marks, ...others), { maxLength: 20 })
    fc.assert(
      fc.property(pieces, (each) => {
        const source = each.map((piece, i) => (piece === 'word ' ? `word${i}. ` : piece)).join('')
        const words = source.match(/word\d+\./g) ?? []
        const shown = stripVTControlCharacters(rendered(source))
        expect(words.filter((word) => !shown.includes(word))).toEqual([])
      }),
    )
    expect(stripVTControlCharacters(rendered('<answer>\n42\n</answer>\n\n![a plot](plot.png)'))).toBe(
      '<answer>\n42\n</answer>\n\na plot (plot.png)\n',
    )
  })

  test('is shown as it was written where it goes too deep to be rendered in time', () => {
    const source = `${'> '.repeat(300)}deep`
    expect(rendered(source)).toBe(`${source}\n`)
  })

  test.each(['>', '1. '])('stands in nobody’s way where %j goes deeper than the stack', (mark) => {
    const source = `${mark.repeat(20_000)}deep\n`
    expect(rendered(source)).toBe(source)
  })

  test('shows boxes within each other, however deep', () => {
    for (const box of ['- [ ] ', '- [x] > ', '1. [ ] - '])
      expect(rendered(`${box.repeat(3000)}x`).match(/\[.\]/g)).toHaveLength(3000)
  })

  test('is the same in whatever pieces the source comes', () => {
    fc.assert(
      fc.property(markup, fc.array(fc.integer({ min: 1, max: 9 })), (source, cuts) => {
        expect(stripVTControlCharacters(rendered(source, cuts)).split(/\s+/)).toEqual(
          stripVTControlCharacters(rendered(source)).split(/\s+/),
        )
      }),
      { numRuns: 50, examples: [['\n    code\n**', [2]]] },
    )
  })

  test('gives a block as soon as the next one begins, and a list item by item', () => {
    const stream = new MarkdownStream(render, () => 60)
    const shown = (delta: string): string => stripVTControlCharacters(stream.push(delta))
    expect(shown('# Title\n')).toBe('')
    expect(shown('\nA line\n')).toBe('Title\n')
    expect(stream.pending).toBe('A line\n')
    expect(shown('goes on.\n\n- one\n')).toBe('\nA line goes on.\n')
    expect(shown('- two\n  - nested\n')).toBe('\n- one\n')
    expect(stripVTControlCharacters(stream.end())).toBe('- two\n  - nested\n')
  })

  test('shows code as it stands, whether it is fenced or set in', () => {
    const code = ['# no title  ', '', '  - no item', '```', '> no quote'].join('\n')
    const plain = (source: string): string => stripVTControlCharacters(rendered(source)).trimEnd()
    const setIn = code.replace(/^(?=.)/gm, '    ')
    expect(plain(`So:\n\n${setIn}\n\nThat was it.`)).toBe(`So:\n\n${code}\n\nThat was it.`)
    expect(plain(`\`\`\`\`\n${code}\n\`\`\`\``)).toBe(code)
  })

  test('sets each level of a list in, and code in it stands as it was written', () => {
    const plain = (source: string): string => stripVTControlCharacters(rendered(source)).trimEnd()
    const nested = ['- a', '  - b', '    - c', '      1. d', '      2. e', '- f'].join('\n')
    expect(plain(nested)).toBe(nested)
    const code = ['1. Run', '   ```py', '   def f():', '       return [x]', '   ```', '2. Look'].join('\n')
    expect(plain(code)).toBe('1. Run\n   def f():\n       return [x]\n2. Look')
    expect(plain('> - a\n>   - b\n>     - c')).toBe('│ - a\n│   - b\n│     - c')
    expect(plain('9. a\n10. b\n\n    c')).toBe('9. a\n10. b\n\n    c')
    expect(plain('- [x] a\n\n- [ ] <b>\nb')).toBe('[x] a\n\n[ ] <b>\n    b')
    expect(plain('- [x] a\n- [ ] b\n  - c')).toBe('[x] a\n[ ] b\n    - c')
  })

  test('has an empty line between items where one was written, in whatever pieces they come', () => {
    const source = '- a\n\n- b\n\n- c\n- d\n'
    for (const cut of [1, 5, 100])
      expect(stripVTControlCharacters(rendered(source, Array(40).fill(cut)))).toBe(source)
  })

  test('has room for a word at each level, however narrow the terminal is', () => {
    const stream = new MarkdownStream(render, () => 20)
    const deep = Array.from({ length: 10 }, (_, i) => `${'  '.repeat(i)}- word ${i}`).join('\n')
    const quoted = `${'> '.repeat(10)}| a | b |\n${'> '.repeat(10)}|---|---|\n\n${'> '.repeat(10)}---\n`
    const shown = stripVTControlCharacters(stream.push(`${deep}\n\n${quoted}`) + stream.end())
    for (let i = 0; i < 10; i++) expect(shown).toContain(`- word ${i}\n`)
  })

  test('shows code as code, whatever is said of its language', () => {
    expect(stripVTControlCharacters(rendered('~~~ title=`x`\na\n  b\n~~~'))).toBe('a\n  b\n')
  })

  test('shows code as code that looks like the definition of a link', () => {
    const plain = (source: string): string => stripVTControlCharacters(rendered(source)).trimEnd()
    expect(plain('```\n    [a]: b\n    [c]: d\n```')).toBe('    [a]: b\n    [c]: d')
  })

  test('shows no table in which a word is wider than its column: its borders would stand beside each other', () => {
    const stream = new MarkdownStream(render, () => 34)
    const note = 'a note that is long enough to make it wide'
    const table = `| name | price | note |\n|---|---:|---|\n| apples | 1,200.50 | ${note} |\n| pears of the world | 3 | x |\n`
    const shown = stripVTControlCharacters(stream.push(table) + stream.end())
    expect(shown).toMatch(/^- name: apples\n {2}- price: 1,200\.50\n/)
  })

  test('gives code line by line, and the same as if it came at once', () => {
    const stream = new MarkdownStream(render, () => 60)
    const shown = (delta: string): string => stripVTControlCharacters(stream.push(delta))
    expect(shown('So:\n\n```py\ndef f():\n')).toBe('So:\n\ndef f():\n')
    expect(shown('    return 1\n\n\nf')).toBe('    return 1\n')
    expect(stream.pending).toBe('\n\nf')
    expect(shown('()\n``')).toBe('\n\nf()\n')
    expect(shown('`\nThat')).toBe('')
    expect(stripVTControlCharacters(stream.end())).toBe('\nThat\n')

    const line = fc.constantFrom('', ' ', '    ', 'x', '    y', '``', '~~~~', '- a', '# b', '> c', '[a]: b')
    const code = fc.tuple(fc.constantFrom('```', ' ```', '~~~ `js`', '````js'), fc.array(line), fc.boolean())
    fc.assert(
      fc.property(code, fc.array(fc.integer({ min: 1, max: 9 })), ([fence, lines, isClosed], cuts) => {
        const end = isClosed ? `${fence.replace(/`?js`?/, '')}\nend` : ''
        const source = `So:\n${fence}\n${lines.map((each) => `${each}\n`).join('')}${end}`
        const [pieces, whole] = [rendered(source, cuts), `${renderBlocks(source, 60, render)}\n`]
        expect(stripVTControlCharacters(pieces)).toBe(stripVTControlCharacters(whole))
      }),
    )
  })

  test('shows where a link leads', () => {
    expect(stripVTControlCharacters(rendered('[bank](https://evil.example)'))).toContain(
      '(https://evil.example)',
    )
  })

  test('shows all that is in a table, and nothing wider than the terminal', () => {
    const words = 'a long description that no single row of so narrow a table can hold'
    const source = `| file | about |\n|---|---|\n| package.json | ${words} |\n| 二.md | short |\n`
    const at = (width: number): string => {
      const stream = new MarkdownStream(render, () => width)
      return stripVTControlCharacters(stream.push(source) + stream.end())
    }
    for (const width of [80, 24]) {
      const table = at(width)
      expect(table).not.toContain('…')
      for (const each of [...words.split(' '), 'file', 'about', 'package.json', '二.md'])
        expect(table).toContain(each)
      expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
    }
    expect(at(80)).toContain('│ package.json │ a long description')
    expect(at(24)).toMatch(/^- file: package\.json\n {2}- about: a long/)
  })
})

test('what rendering wants is a newer Node, or what npm had left out', () => {
  expect(wantedForMarkdown('20.19.0')).toContain('Node 22')
  expect(wantedForMarkdown('26.0.0')).toContain('npm i markdansi')
})

test('a long run of blanks within a block is passed over once, and not from each of them', () => {
  const code = `a${' '.repeat(300_000)}b`
  expect(stripVTControlCharacters(rendered(`\`\`\`\n${code}\n\`\`\`\n`))).toContain(code)
})
