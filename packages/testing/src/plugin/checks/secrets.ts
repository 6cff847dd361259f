import { inspect } from 'node:util'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Secret,
  type EntryClass,
  type Registration,
} from '@retinue/kernel'
import { callTool } from '../../call-tool.ts'
import { bagOf } from '../cast.ts'
import type { Check } from '../check.ts'
import { broken, Skip } from '../../verdict.ts'
import { gettersOf } from '../getters.ts'
import { Heard } from '../heard.ts'
import { isSecret } from '../samples.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'
import { toolNamesOf } from './names.ts'

const canary = 'canary-6f1c2e'

/** What is a secret is declared as one, and shows nowhere. */
export const secrets: Check = {
  name: 'its secrets show in no prompt, snapshot, event, log or inspection',
  run(subject) {
    for (const { kind, type, definition, shape } of entriesOf(registryWith(subject), subject)) {
      if (shape === undefined) continue
      for (const [field, schema] of Object.entries((definition as EntryClass).schema.properties)) {
        if (!soundsSecret.test(field) || (schema as { type?: string }).type !== 'string') continue
        throw broken(
          `The field '${field}' of the ${kind.name} '${type}' sounds like a secret and is a plain text, which is saved and shown.`,
          'Make it Type.Optional(Secret()), and read it by secret(item, field) where a tool needs it.',
        )
      }
    }
    using heard = new Heard()
    const { show, items } = stageOf(subject)
    const computed = items().flatMap(gettersOf)
    refuseCanary([...show(), ...computed, heard.text])
  },
}

/** What tools say and do gives no secret away. */
export const toolSecrets: Check = {
  name: 'its tools give no secret away',
  async run(subject) {
    const registry = registryWith(subject)
    const entries = entriesOf(registry, subject)
    if (!entries.some((entry) => secretFields(entry).length > 0)) return
    if (Object.keys(subject.calls).length === 0) {
      throw new Skip('no tool may be called: name inputs for them in calls, and give them a fake network')
    }
    const tools = entries.flatMap(toolNamesOf)
    for (const [name, input] of Object.entries(subject.calls)) {
      if (!tools.includes(name))
        throw broken(`In calls is '${name}', which is no tool of it.`, `Its tools are: ${tools.join(', ')}.`)
      const stage = stageOf(subject)
      using turn = stage.session.interact()
      const events: unknown[] = []
      using heard = new Heard()
      const output = await callTool(turn, name, input, { onEvent: (event) => events.push(event) }).catch(
        (error: unknown) => error,
      )
      if (codeOf(output) === 'RETINUE_TOOL_INPUT')
        throw broken((output as Error).message, 'Correct it in calls: with this input, nothing was called.')
      refuseCanary([output, ...events, heard.text, turn.context, ...stage.show()], name)
    }
  },
}

/** Names under which people keep secrets; 'cacheKey' and 'maxTokens' are none. */
const soundsSecret =
  /^(api|access|auth|bot|client|private|refresh|secret|signing)?_?(token|key|secret|password|passphrase|credentials?)$/i

function codeOf(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code
}

interface Stage {
  readonly session: ChatSession
  /** All that people and machines see of the owners. */
  show(): unknown[]
  /** The plugin's items that are present. */
  items(): object[]
}

function secretFields({ definition, shape }: Registration): string[] {
  if (shape === undefined) return []
  const { properties } = (definition as EntryClass).schema
  return Object.keys(properties).filter((field) => isSecret(properties[field]!))
}

function stageOf(subject: Subject): Stage {
  const registry = registryWith(subject)
  const entries = entriesOf(registry, subject)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'tester', registry })
  const session = new ChatSession({ user, agent })
  const owners = [user, agent, session]
  const events: unknown[] = []
  for (const owner of owners) {
    owner.on('changed', (event) => events.push(event))
    owner.on('committed', (event) => events.push(event))
  }
  agent.tools.push(...entries.filter(({ kind }) => kind.name === 'toolset').map(({ type }) => type))
  for (const entry of entries) {
    for (const field of secretFields(entry)) {
      const item = bagOf(user, entry)?.$get(entry.type)
      if (item !== undefined) item[field] = Secret.value(canary)
    }
  }
  const items = (): object[] =>
    entries
      .flatMap((entry) => owners.map((owner) => bagOf(owner, entry)?.$peek(entry.type)))
      .filter((item) => item !== undefined)
  const show = (): unknown[] => {
    const { text, tools } = session.prompt()
    return [text, tools, events, ...owners, ...items()]
  }
  return { session, show, items }
}

function refuseCanary(shown: readonly unknown[], tool?: string): void {
  const texts = shown.flatMap((each) => [inspect(each, { depth: 12, showHidden: true }), json(each)])
  const leak = texts.find((text) => text.includes(canary))
  if (leak === undefined) return
  const at = Math.max(0, leak.indexOf(canary) - 120)
  throw broken(
    `A secret shows${tool === undefined ? '' : ` when '${tool}' is called`}: …${leak.slice(at, at + 240)}…`,
    'Read a secret by secret(item, field) inside a call, send it where it belongs, and keep it nowhere: not in results, errors, events, fields or getters.',
  )
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return '' // events may hold live owners, which stand beside them here
  }
}
