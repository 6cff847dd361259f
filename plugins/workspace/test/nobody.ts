// The operating system forbids nothing to root, under whom tests run in containers: so they step down for a while.

/** Runs something as a user without rights. */
export async function asNobody(action: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return action()
  process.setegid!(65534)
  process.seteuid!(65534)
  try {
    await action()
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
  }
}
