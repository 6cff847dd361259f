// The plugins that the command brings along, so that `npx retinue chat` has something to work with before anything is
// configured. This is the one place of a package that imports plugins: a command is an application, and `.oxlintrc.json`
// knows this file by name. Every other plugin is imported by the person's own configuration.

/** The plugins that come with the command, by package. */
export const defaultPlugins: Readonly<Record<string, () => Promise<unknown>>> = {
  '@retinue/plugin-workspace': () => import('@retinue/plugin-workspace'),
  '@retinue/plugin-think': () => import('@retinue/plugin-think'),
  '@retinue/plugin-clock': () => import('@retinue/plugin-clock'),
  '@retinue/plugin-preferences': () => import('@retinue/plugin-preferences'),
}

/** The tools of theirs that change files: without a policy of the configuration, a person is asked first. */
export const asksFirst: ReadonlySet<string> = new Set(['workspace_write', 'workspace_edit'])
