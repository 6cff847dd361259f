import { expect, test } from 'vitest'
import { cleaned, isHiding } from '../src/foreign-text.ts'

test('what nobody sees is taken out, and what is too long is cut and told', () => {
  expect(cleaned('a\u0000b\u001b[31mc\u200bd\u202ee\u{e0041}f\ufe0f\ufeff', 100)).toBe('ab[31mcdef')
  expect(cleaned('one\r\ntwo\rthree\u2028four\tfive', 100)).toBe('one\ntwo\nthree\nfour\tfive')
  expect(cleaned('Grüße, 你好 🙂', 100)).toBe('Grüße, 你好 🙂')
  expect(cleaned('x'.repeat(20), 10)).toBe(`${'x'.repeat(10)}… [cut: 20 characters]`)
  expect(cleaned('🙂🙂', 3)).toBe('🙂… [cut: 4 characters]')
  expect(cleaned('\u200b'.repeat(1000) + 'x', 10)).toBe('… [cut: 1001 characters]')
})

test('what hides is known', () => {
  expect(['a\u200bb', 'a\u{e0020}', '\u0007'].every(isHiding)).toBe(true)
  expect(['plain', 'a\tb\nc', 'é'].some(isHiding)).toBe(false)
})
