import { expect, test } from 'vitest'
import { formatBytes } from '../src/bytes.ts'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1 kB'],
  [1_250, '1.3 kB'],
  [999_949, '999.9 kB'],
  [1_000_000, '1 MB'],
  [52_428_800, '52.4 MB'],
  [1_234_567_890, '1.2 GB'],
  [5_000_000_000_000, '5000 GB'],
])('%i bytes are written %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
