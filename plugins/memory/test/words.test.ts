import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wordsOf } from '../src/words.ts'

test.each([
  ['The CAFÉ, at 5 o’clock!', 'the cafe at 5 o clock'],
  ['Ｆｕｌｌ ﬁle №5', 'full file no5'],
  ['Straße Ünïcödé STRASSE', 'strasse unicode strasse'],
  ['Москва й', 'москва и'],
  ['東京大学に行く', '東京 京大 大学 学に に行 行く く'],
  ['ラーメンが好き', 'ラー ーメ メン ンが が好 好き き'],
  ['서울에서 만나', '서울 울에 에서 서 만나 나'],
  ['ภาษาไทย', 'ภา าษ ษา าไ ไท ทย ย'],
  ['हिन्दी में', 'हिन्दी में'],
  ['iPhone用ケース', 'iphone 用ケ ケー ース ス'],
  ['STRAẞE', 'strasse'],
  ['القَهْوَة أحمد ســلام', 'القهوة احمد سلام'],
  ['דָּוִד בֵּית־סֵפֶר', 'דוד בית ספר'],
  ['🦊, ❤️ and ❤; 🇨🇭 5️⃣', '🦊 ❤ and ❤ 🇨🇭 5⃣'],
  ['… — !', ''],
])('%s', (text, words) => {
  expect(wordsOf(text).join(' ')).toBe(words)
})

test('case and accents never matter, and no text is too odd', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const words = wordsOf(text)
      expect(wordsOf(text.normalize('NFD'))).toEqual(words)
      expect(words.every((word) => word !== '')).toBe(true)
    }),
  )
})
