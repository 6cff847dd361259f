// Abort signals: those of the runtime, typed so that the kernel's declarations need neither the DOM's nor Node's.

interface SignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The `AbortSignal` of the runtime. */
export type Signal = typeof globalThis extends {
  readonly AbortSignal: { readonly prototype: infer S extends SignalLike }
}
  ? S
  : SignalLike

/** Makes the runtime's `AbortController`. */
export function abortController(): { readonly signal: Signal; abort(reason?: unknown): void } {
  const { AbortController } = globalThis as unknown as {
    AbortController: new () => { signal: Signal; abort(reason?: unknown): void }
  }
  return new AbortController()
}
