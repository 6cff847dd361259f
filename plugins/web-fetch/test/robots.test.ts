import { expect, test } from 'vitest'
import { isAllowed, rulesFor } from '../src/robots.ts'

const asks = (text: string, path: string): boolean =>
  isAllowed(rulesFor('machine-a', text), new URL(path, 'https://example.com'))

test.each([
  ['the rules for all', 'User-agent: *\nDisallow: /no', ['/', '/yes/no'], ['/no', '/nothing', '/no/x?y']],
  ['nothing', '', ['/'], []],
  ['an empty rule', 'User-agent: *\nDisallow:', ['/'], []],
  ['rules that are for nobody', 'Disallow: /\nUser-agent: other\nDisallow: /', ['/'], []],
  [
    'those by name alone',
    'User-agent: Machine-A/2.0\nDisallow: /a\n\nUser-agent: *\nDisallow: /',
    ['/'],
    ['/a'],
  ],
  ['no longer name', 'User-agent: machine-ab\nDisallow: /', ['/'], []],
  ['a group of several', 'user-agent: x\nSitemap: /s\nUSER-AGENT : machine-a\ndisallow : /a', ['/'], ['/a']],
  [
    'groups in pieces',
    'User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b',
    ['/'],
    ['/a', '/b'],
  ],
  [
    'the longest rule',
    'User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c',
    ['/a/b', '/a/b/d'],
    ['/a', '/a/b/c'],
  ],
  ['the kinder of two', 'User-agent: *\nAllow: /a\nDisallow: /a\nAllow: /a', ['/a'], []],
  [
    'wildcards',
    'User-agent: *\nDisallow: /*.pdf$\nDisallow: /a*b*c',
    ['/x.pdf?y', '/ab'],
    ['/x/y.pdf', '/.pdf.pdf', '/axbxcx'],
  ],
  ['an end', 'User-agent: *\nDisallow: /a$\nDisallow: /b*$', ['/', '/ab'], ['/a', '/b', '/bc']],
  ['remarks, and any end of a line', '# x\rUser-agent: * # all\r\nDisallow: /a # x\r', ['/'], ['/a']],
  [
    'one spelling of bytes',
    'User-agent: *\nDisallow: /\u00FC\nDisallow: /%c3%b6',
    ['/u'],
    ['/\u00FC', '/%c3%bc', '/\u00F6'],
  ],
])('robots.txt: %s', (_, text, yes, no) => {
  expect(yes.filter((path) => !asks(text, path))).toEqual([])
  expect(no.filter((path) => asks(text, path))).toEqual([])
})

test('of many machines and many rules only those for this one are kept', () => {
  const text = `${'User-agent: other\nUser-agent: *\n'.repeat(10_000)}${'Disallow: /no\n'.repeat(15_000)}`
  expect(rulesFor('machine-a', text)).toHaveLength(15_000)
})
