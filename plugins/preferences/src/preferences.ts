// The plugin as it is seen from outside: a config and a context of the same fields, a section that tells them to the
// model, and a tool by which the model writes down what the person asks for. Importing this file registers nothing;
// `index` does.
import {
  type ChatSession,
  Config,
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  type Static,
  Type,
} from '@retinue/kernel'
import { languageTag, timeZoneName } from './locale.ts'

// One schema for the config, the context that follows it, and the tool's input. The patterns hold on every machine;
// which zones there are is the runtime's to say, and only the tool asks it.
const fields = {
  language: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}$',
      description: "The language of answers, as a tag: 'de', 'pt-BR'.",
    }),
  ),
  timeZone: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_+:/-]{1,64}$',
      description: "Where the person's clock stands, by its IANA name: 'Europe/Zurich'.",
    }),
  ),
  tone: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "How answers sound, in a few words: 'brief and formal'.",
    }),
  ),
  units: Type.Optional(
    Type.Enum(['metric', 'imperial'], { type: 'string', description: 'The units of measure.' }),
  ),
}
const Preferences = Type.Object(fields, { minProperties: 1 })
type Preferences = Static<typeof Preferences>

/** What a person likes, for all their sessions; what an agent assumes, if set on the agent. */
export class PreferencesConfig extends Config('preferences', fields) {}

/** What holds in a session: the config's values, but for those that were set here. */
export class UserPreferences extends Context('user_preferences', fields, { follows: PreferencesConfig }) {
  /** What is set, in words for the model, one line each. */
  get wishes(): string[] {
    return wishesOf(this)
  }
}

/** Tells the model what is set, and says nothing where nothing is. */
export class PreferencesSection extends Section(
  'preferences',
  {},
  {
    stability: 'session',
    needs: [UserPreferences],
    // A function, since a text would be compiled, which some runtimes forbid.
    template({ interactionContext }) {
      const wishes = interactionContext.context.userPreferences?.wishes ?? []
      return wishes.length === 0
        ? ''
        : listed('What the person prefers, unless they ask for something else:', wishes)
    },
  },
) {}

/** The tool that writes preferences down. */
export const preferences = defineToolset('preferences', {
  needs: [PreferencesConfig, UserPreferences, PreferencesSection],
  tools: {
    set: defineTool({
      description:
        'Writes down how the person wants to be answered from now on, in this conversation. Give what they asked for, and nothing else.',
      input: Preferences,
      effect: 'idempotent',
      execute(input, run) {
        const wanted = checked(input)
        run.home.context.$get(UserPreferences).$patch(wanted)
        return listed('Noted for this conversation:', wishesOf(wanted))
      },
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-preferences',
  version: '0.1.0',
  contributes: [PreferencesConfig, UserPreferences, PreferencesSection, preferences],
})

/**
 * Moves what was set in a session to its user, so that it holds in all their sessions. The model can't do this: call
 * it where the person has agreed.
 *
 * @example
 * keepPreferences(session)
 * user.config.preferences.language // what the model wrote down in that session
 */
export function keepPreferences(session: ChatSession): void {
  const own = session.context.$peek(UserPreferences)
  if (own === undefined) return
  const kept = Object.entries(own.$values()).filter(
    ([field]) => own.$source(field as keyof Preferences) === 'session',
  )
  if (kept.length === 0) return
  session.batch(() => {
    session.user.config.$get(PreferencesConfig).$patch(Object.fromEntries(kept))
    own.$reset()
  })
}

/** The preferences with tag and zone in their usual spelling. @throws where the runtime knows none of that name */
function checked({ language, timeZone, ...rest }: Preferences): Preferences {
  return {
    ...rest,
    ...(language !== undefined && { language: languageTag(language) }),
    ...(timeZone !== undefined && { timeZone: timeZoneName(timeZone) }),
  }
}

/** Preferences in words. The tone is quoted, so that it can't pass for a line of the prompt. */
function wishesOf({ language, timeZone, tone, units }: Preferences): string[] {
  return [
    language && `Answer in the language ${language}.`,
    timeZone && `Give times in the time zone ${timeZone}.`,
    tone && `Answer in this tone: ${JSON.stringify(tone)}.`,
    units && `Use ${units} units.`,
  ].filter((wish) => wish !== undefined)
}

function listed(heading: string, wishes: readonly string[]): string {
  return [heading, ...wishes.map((wish) => `- ${wish}`)].join('\n')
}
