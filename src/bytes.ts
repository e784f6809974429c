const units = ['bytes', 'kB', 'MB', 'GB'] as const

/** A size as people say it, in powers of 1,000: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
  return `${Number((bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1))} ${units[power]}`
}
