// The plugins that the cases use: toolsets with a config, a context and a section each.
import {
  Config,
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  Type,
  type Plugin,
} from '@retinue/kernel'

/** A plugin with one toolset `tool_<letter>`, which needs a config, a context and a section. */
export function pluginOf(letter: string): Plugin {
  const type = `tool_${letter}`
  const ToolConfig = Config(type, {
    engine: Type.String({ default: 'wikipedia' }),
    maxResults: Type.Integer({ default: 5, minimum: 1, maximum: 50 }),
    safe: Type.Boolean({ default: true }),
    language: Type.String({ default: 'en' }),
  })
  const ToolContext = Context(type, {
    query: Type.String({ default: '' }),
    count: Type.Integer({ default: 0, minimum: 0 }),
    results: Type.Array(Type.String(), { default: [] }),
    done: Type.Boolean({ default: false }),
  })
  const ToolSection = Section(
    type,
    { style: Type.String({ default: 'concise' }) },
    { needs: [ToolContext], template: `Tool ${letter}. Answer in a <%= section.style %> style.` },
  )
  const toolset = defineToolset(type, {
    needs: [ToolConfig, ToolContext, ToolSection],
    tools: { go: defineTool({ description: 'Goes.', input: Type.Object({}), execute: () => 0 }) },
  })
  return definePlugin({
    name: `@bench/${letter}`,
    version: '1.0.0',
    contributes: [ToolConfig, ToolContext, ToolSection, toolset],
  })
}

/** An item of a bag without its augmented type. */
export function itemOf<T = Record<string, unknown>>(bag: object, property: string): T {
  return (bag as Record<string, T>)[property]!
}
