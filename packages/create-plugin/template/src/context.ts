// What a session remembers. When you change its fields, raise its version and say how to bring the old ones up to date:
// { version: 2, upgrade: { 1: ({ texts, ...rest }) => ({ ...rest, lines: texts }) } }
import { Context, Type } from '@retinue/kernel'

/** What was said lately, newest last. */
export class RecentSampleThing extends Context('recent_sample_thing', {
  texts: Type.Array(Type.String(), { default: [], maxItems: 20 }),
}) {
  /** The newest one. */
  get latest(): string | undefined {
    return this.texts.at(-1)
  }
}
