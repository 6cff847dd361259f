// Time is measured as what the processor spent on this process: the load of the machine does not count.

/** Gives the processor's milliseconds that something takes. */
export function cpuMsOf(action: () => void): number {
  const before = process.cpuUsage()
  action()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
