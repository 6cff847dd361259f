import { Context, createRegistry, definePlugin, defineToolset, Type } from '@retinue/kernel'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { importOf } from '../import.ts'
import { entriesOf, registryWith } from '../subject.ts'

/** A plugin that is registered or evaluated again changes nothing. */
export const twice: Check = {
  name: 'registering it twice, or evaluating it again, is quiet',
  async run(subject) {
    const registry = registryWith(subject)
    const { version } = registry
    registry.register(subject.plugin)
    if (registry.version !== version) {
      throw broken(
        'Registering it a second time changed the registry.',
        'Let contributes be the same list each time.',
      )
    }
    const { again } = await importOf(subject)
    if (again.failure !== undefined) {
      throw broken(
        `When it is evaluated a second time it fails: ${again.failure}`,
        'Test runners and hot reloading do that: define the same version and the same types each time.',
      )
    }
    if (again.changed) {
      throw broken(
        'When it is evaluated a second time it registers other types.',
        'Define the same types each time.',
      )
    }
    if (again.differs) {
      throw broken(
        'When it is evaluated a second time, its fields have other schemas or defaults.',
        'What is saved leaves defaults out: let none depend on the moment, on chance or on where it runs.',
      )
    }
  },
}

/** What leaves with a plugin is what came with it. */
export const disposing: Check = {
  name: 'disposing of it removes all of it, and only it',
  async run(subject) {
    const registry = createRegistry()
    for (const each of [...subject.alongside, neighbour()]) registry.register(each)
    const before = listOf(registry)
    const dispose = registry.register(subject.plugin)
    const brought = entriesOf(registry, subject).map(({ key }) => key)
    dispose()
    const after = listOf(registry)
    if (before !== after) {
      throw broken(
        `Before it came there were: ${before}. Now there are: ${after}.`,
        'Contribute each type once.',
      )
    }
    const { registered } = await importOf(subject)
    const stray = registered.find(([key, from]) =>
      from === subject.plugin.name
        ? !brought.includes(key)
        : subject.alongside.every(({ name }) => name !== from),
    )
    if (stray !== undefined) {
      throw broken(
        `Its entry also registers ${stray[0]} for '${stray[1]}', which stays when the plugin is disposed of.`,
        'Contribute all in one definePlugin(). A plugin of another package that this one needs is named in alongside; any other is for the application to import.',
      )
    }
    const missing = brought.find((key) => !registered.some(([each]) => each === key))
    if (missing !== undefined) {
      throw broken(
        `Its entry does not register ${missing}.`,
        'Let the entry register the plugin: register(plugin).',
      )
    }
  },
}

function listOf(registry: ReturnType<typeof createRegistry>): string {
  return [...registry.all().values()].map(({ key, origin }) => `${key} of ${origin.package}`).join(', ')
}

function neighbour(): ReturnType<typeof definePlugin> {
  class Bystander extends Context('retinue_bystander', { seen: Type.Integer({ default: 0 }) }) {}
  const toolset = defineToolset('retinue_bystander', { needs: [Bystander], tools: {} })
  return definePlugin({ name: 'retinue-bystander', version: '1.0.0', contributes: [Bystander, toolset] })
}
