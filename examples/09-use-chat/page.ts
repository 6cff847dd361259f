// What a page has that calls `useChat`, without React: the chat behind that hook, with a plain state of its own.
import {
  AbstractChat,
  type ChatState,
  DefaultChatTransport,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from 'ai'

/** A chat whose requests go to a route in this process. */
export class Page extends AbstractChat<UIMessage> {
  readonly url = 'http://localhost/api/chat'
  #ended = (): void => undefined

  constructor(id: string, messages: UIMessage[], route: (request: Request) => Promise<Response>) {
    super({
      id,
      state: new PlainState(messages),
      transport: new DefaultChatTransport({
        api: 'http://localhost/api/chat',
        fetch: (url, init) => route(new Request(url, init)),
      }),
      // Once each question is answered, the answers are sent.
      sendAutomaticallyWhen: (chat) =>
        lastAssistantMessageIsCompleteWithApprovalResponses(chat) ||
        lastAssistantMessageIsCompleteWithToolCalls(chat),
      onToolCall: ({ toolCall: { toolName, toolCallId } }) => {
        if (toolName === 'page_place')
          void this.addToolOutput({ tool: toolName, toolCallId, output: 'Turin' })
      },
      onFinish: () => this.#ended(),
    })
  }

  /** Answers each question that waits; resolves when the turn that goes on is over. */
  async say(approved: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ended = resolve
    for (const part of this.lastMessage?.parts ?? [])
      if (isToolUIPart(part) && part.state === 'approval-requested')
        await this.addToolApprovalResponse({ id: part.approval.id, approved })
    await promise
  }
}

class PlainState implements ChatState<UIMessage> {
  status: ChatState<UIMessage>['status'] = 'ready'
  error: Error | undefined
  messages: UIMessage[]

  constructor(messages: UIMessage[]) {
    this.messages = messages
  }

  pushMessage = (message: UIMessage): void => {
    this.messages = [...this.messages, message]
  }

  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1)
  }

  replaceMessage = (index: number, message: UIMessage): void => {
    this.messages = this.messages.with(index, message)
  }

  snapshot = <T>(thing: T): T => structuredClone(thing)
}
