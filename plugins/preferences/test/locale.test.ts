import { afterEach, expect, test, vi } from 'vitest'
import { languageTag, timeZoneName } from '../src/locale.ts'

afterEach(() => void vi.unstubAllGlobals())

test('a language tag gets its usual spelling, whether or not anybody speaks it', () => {
  expect(['de', 'DE-ch', 'pt-br', 'zh-hant-tw', 'xx', 'tlh'].map(languageTag)).toEqual([
    'de',
    'de-CH',
    'pt-BR',
    'zh-Hant-TW',
    'xx',
    'tlh',
  ])
})

test.each(['', 'd', 'de_DE', 'German language', 'de-', 'de-1-1'])('%j is no language tag', (text) => {
  expect(() => languageTag(text)).toThrow('RETINUE_PREFERENCES_LANGUAGE')
})

test('a time zone gets its usual case, and keeps its name', () => {
  expect(['Europe/Zurich', 'europe/zurich', 'UTC', 'Europe/Kyiv', 'US/Eastern'].map(timeZoneName)).toEqual([
    'Europe/Zurich',
    'Europe/Zurich',
    'UTC',
    'Europe/Kyiv',
    'US/Eastern',
  ])
})

test.each(['', 'Zurich', 'Mars/Olympus', 'Europe/Zurich ', '../Zurich', 'BST', 'est'])(
  '%j is no time zone',
  (text) => {
    expect(() => timeZoneName(text)).toThrow('RETINUE_PREFERENCES_TIME_ZONE')
  },
)

test('a runtime without Intl takes what it is given', () => {
  vi.stubGlobal('Intl', undefined)
  expect([languageTag('de-ch'), timeZoneName('Mars/Olympus')]).toEqual(['de-ch', 'Mars/Olympus'])
})
