const units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** Milliseconds of `500ms`, `30s`, `5m`, `1h30m`; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const compact = text.replaceAll(' ', '').toLowerCase()
  const match = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(compact)
  if (match === null || compact === '') return undefined
  return Math.round(units.reduce((total, [, ms], i) => total + Number(match[i + 1] ?? 0) * ms, 0))
}

/** The shortest way to write a duration, rounded to whole seconds from one second on: `1h30m`, `5m`, `45s`, `500ms`. */
export function formatDuration(ms: number): string {
  if (ms <= 0) return '0s'
  if (ms < 1_000) return `${Math.round(ms)}ms`
  let rest = Math.round(ms / 1_000) * 1_000
  let text = ''
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    if (count === 0) continue
    text += `${count}${unit}`
    rest -= count * size
  }
  return text
}
