// How the clock writes dates, times and offsets, for the model to read. ISO's order of fields and English weekdays:
// nothing here depends on a locale.

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** `Monday, 2026-10-05`, of what clocks show. */
export function dateText(shownMs: number): string {
  const [date] = isoParts(shownMs)
  return `${weekdays[new Date(shownMs).getUTCDay()]}, ${date}`
}

/** `14:03`, with the seconds where there are any. */
export function timeText(shownMs: number): string {
  return isoParts(shownMs)[1].replace(/:00$/, '')
}

/** `UTC+05:30`; some offsets of long ago have seconds. */
export function offsetText(offsetMs: number): string {
  return `UTC${offsetMs < 0 ? '-' : '+'}${timeText(Math.abs(offsetMs))}`
}

function isoParts(shownMs: number): [date: string, time: string] {
  const iso = new Date(shownMs).toISOString()
  const [date = '', time = ''] = iso.slice(0, iso.lastIndexOf('.')).split('T')
  return [date, time]
}
