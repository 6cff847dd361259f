// The desk over standard input and output. `grow` adds a tool, `crash` ends it, `env` tells a variable, `pid` its id.
import process from 'node:process'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { deskServer, makeDesk, text, tool } from './desk.ts'

const desk = makeDesk()
desk.tools.push(
  tool('grow', 'Adds a tool.'),
  tool('crash', 'Ends.'),
  tool('env', 'Tells.'),
  tool('pid', 'Tells.'),
)
const { tools } = desk
serveStdio(() => {
  const server = deskServer(desk)
  desk.answers = {
    grow: async () => {
      desk.tools = [...tools, tool('grown', 'New.')]
      await server.sendToolListChanged()
      return text('grown')
    },
    crash: () => process.exit(7),
    env: ({ name }) => text(String(process.env[String(name)])),
    pid: () => text(String(process.pid)),
  }
  return server
})
