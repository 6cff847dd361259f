// The plugins that an application may begin with, and what is known of a plugin by its name alone.

/** The plugins that a person is offered, with what they are for. */
export const offeredPlugins: Readonly<Record<string, string>> = {
  '@retinue/plugin-clock': 'the time in any zone',
  '@retinue/plugin-workspace': 'files below the folder',
  '@retinue/plugin-think': 'a place to think',
  '@retinue/plugin-preferences': "a person's language, tone and units",
}

/** The plugin that an application begins with where nobody says another. */
export const usualPlugin = '@retinue/plugin-clock'

/** What an agent that begins with a plugin can be asked first; also the offline model has an answer. */
export function questionFor(plugin: string | undefined): string {
  if (plugin === usualPlugin) return 'What time is it?'
  return plugin === '@retinue/plugin-workspace' ? 'List the files.' : 'What can you do?'
}

/** The toolset of a plugin, where its name follows the rule; what others bring, `retinue doctor` tells. */
export function toolsetOf(plugin: string): string | undefined {
  return /^@retinue\/plugin-(?!(?:delegate|machines|mcp)$)([a-z0-9-]+)$/
    .exec(plugin)?.[1]
    ?.replaceAll('-', '_')
}
