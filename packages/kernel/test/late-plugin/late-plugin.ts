// A plugin as packages have them: this file is pure, `index.ts` beside it registers.
import { Context, definePlugin, defineTool, defineToolset, Section, Type } from '../../src/index.ts'

export class LateNews extends Context('late_news', { headline: Type.String({ default: 'nothing' }) }) {}
export class LateNewsSection extends Section(
  'late_news',
  {},
  { needs: [LateNews], template: 'The news: <%= context.lateNews.headline %>.' },
) {}
export const late = defineToolset('late_news', {
  needs: [LateNewsSection],
  tools: { late_news: defineTool({ description: 'Tells.', input: Type.Object({}), execute: () => null }) },
})
export const plugin = definePlugin({
  name: '@test/late',
  version: '1.0.0',
  contributes: [LateNews, LateNewsSection, late],
})
