/** The line by which a process under the preload tells, in the midst of its log, that it makes request `sequence`. */
export function sequenceMarker(sequence: number): string {
  return `${prefix}${sequence}`
}

/** The number in such a line; `undefined` for any other line. */
export function markedSequence(line: string): number | undefined {
  return line.startsWith(prefix) ? Number(line.slice(prefix.length)) : undefined
}

// A record separator: no log has a line that begins so.
const prefix = '\x1erequest '
