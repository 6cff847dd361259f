// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import '../src/index.ts'
import { RecentFiles } from '../src/index.ts'

declare const session: ChatSession

session.config.workspace.root satisfies string
session.config.workspace.exclude satisfies readonly string[]
session.context.recentFiles.files[0]?.action satisfies 'read' | 'created' | 'replaced' | 'edited' | undefined
session.context.$get(RecentFiles).changed satisfies string[]
session.sections.workspace.showChanged satisfies boolean
session.tools.push('workspace')

// @ts-expect-error a value is replaced, never changed inside
session.context.recentFiles.files.push({ path: 'a', action: 'read' })
// @ts-expect-error there is no such action
session.context.recentFiles.files = [{ path: 'a', action: 'eaten' }]
// @ts-expect-error there is no such field
void session.config.workspace.folder
