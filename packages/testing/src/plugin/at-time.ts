/** Does something at another time: `Date` tells that one meanwhile, to whoever asks it and not the kernel. */
export function atTime<T>(nowMs: number, act: () => T): T {
  const Real = globalThis.Date
  class Shifted extends Real {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [nowMs] : given) as [number]))
    }
    static override now(): number {
      return nowMs
    }
  }
  globalThis.Date = Shifted as DateConstructor
  try {
    return act()
  } finally {
    globalThis.Date = Real
  }
}
