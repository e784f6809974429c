import { describe, expect, test } from 'vitest'
import { chart } from '../../src/github/chart.ts'
import type { Minute } from '../../src/rollout/minutes.ts'
import { measured, minute, sample, second, start } from '../support/builders.ts'

const versions = { stable: 'Errors of 7', candidate: 'Errors of 8' }
const share = (weight: number, from: number, until: number) => ({ weight, from: start + from, until: start + until })

/** These minutes, one after the other. */
function row(...minutes: readonly Minute[]): readonly Minute[] {
  return minutes.map((one, i) => ({ ...one, at: start + i * minute }))
}

/** The bars of a section; its times as minutes and seconds after the start. */
function bars(text: string, section: string): readonly string[] {
  const [, after = ''] = text.split(`  section ${section}\n`)
  const own = after.split(/\n {2}section |\n```/)[0] ?? ''
  return own.split('\n').map(line => line.trim().replace(/\d{13}/g, at => String((Number(at) - start) / minute)))
}

test('a chart has the candidate’s share and both versions’ error rates on one axis of time', () => {
  const minutes = row(
    measured({ stable: sample(90, 1), candidate: sample(10) }),
    measured({ stable: sample(90), candidate: sample(10, 2) }),
    measured({ weight: 0.5, stable: sample(0), candidate: sample(0) }),
  )
  const shares = [share(0.1, 2 * second, 2 * minute), share(0.5, 2 * minute, 2.5 * minute)]
  expect(chart(shares, minutes, versions)).toBe(
    [
      '```mermaid',
      '---',
      'displayMode: compact',
      '---',
      'gantt',
      '  dateFormat x',
      '  axisFormat %H:%M',
      '  tickInterval 1minute',
      '  todayMarker off',
      '  section Share',
      `  10 % :active, ${start + 2 * second}, ${start + 2 * minute}`,
      `  50 % :active, ${start + 2 * minute}, ${start + 2.5 * minute}`,
      '  section Errors of 8',
      `  0 % :active, ${start}, ${start + minute}`,
      `  20 % :crit, ${start + minute}, ${start + 2 * minute}`,
      '  section Errors of 7',
      `  1.1 % :active, ${start}, ${start + minute}`,
      `  0 % :active, ${start + minute}, ${start + 2 * minute}`,
      '```',
    ].join('\n'),
  )
})

describe('a chart', () => {
  const shares = [share(0.1, 0, 60 * minute)]

  test('has no section for a version that was not invoked', () => {
    const drawn = chart(shares, [measured({ candidate: sample(0) })], versions)
    expect(drawn.match(/section .*/g)).toEqual(['section Share', 'section Errors of 7'])
  })

  test('makes only the candidate’s errors stand out', () => {
    const drawn = chart(shares, [measured({ stable: sample(90, 90), candidate: sample(10, 10) })], versions)
    expect([bars(drawn, 'Errors of 7'), bars(drawn, 'Errors of 8')]).toEqual([
      ['100 % :active, 0, 1'],
      ['100 % :crit, 0, 1'],
    ])
  })

  test('draws a share that was held for no time', () => {
    expect(bars(chart([share(1, minute, minute)], [measured()], versions), 'Share')).toEqual([
      `100 % :active, 1, ${1 + 1 / 60}`,
    ])
  })

  test.each([
    [20, 20, 1],
    [21, 11, 2],
    [60, 20, 3],
    [200, 20, 10],
  ])('of %i minutes has %i bars of %i minutes', (count, drawn, wide) => {
    const minutes = row(...Array.from({ length: count }, () => measured()))
    const own = bars(chart(shares, minutes, versions), 'Errors of 8')
    expect(own).toHaveLength(drawn)
    expect(own.slice(0, 2)).toEqual([`0 % :active, 0, ${wide}`, `0 % :active, ${wide}, ${2 * wide}`])
  })

  test.each([
    [1, '1minute'],
    [12, '1minute'],
    [13, '2minute'],
    [60, '5minute'],
    [240, '30minute'],
    [721, '120minute'],
  ])('of %i minutes has a tick every %s', (count, every) => {
    const minutes = row(...Array.from({ length: count }, () => measured()))
    expect(chart(shares, minutes, versions)).toContain(`  tickInterval ${every}\n`)
  })

  test('draws a stretch of minutes as wide as it is, and none that is narrower than a twentieth of all', () => {
    const minutes = [
      ...Array.from({ length: 5 }, (_, i) => measured({ at: start + 8 * i * minute, wide: 8 })),
      ...row(...Array.from({ length: 20 }, () => measured())).map(one => ({ ...one, at: one.at + 40 * minute })),
    ]
    const own = bars(chart(shares, minutes, versions), 'Errors of 8')
    expect(own.slice(3, 7)).toEqual([24, 32, 40, 43].map((at, i) => `0 % :active, ${at}, ${[32, 40, 43, 46][i]}`))
    expect(chart(shares, minutes, versions)).toContain('  tickInterval 5minute\n')
  })

  test('takes a bar’s minutes together, by what was served', () => {
    const minutes = row(
      ...Array.from({ length: 30 }, (_, i) =>
        measured({ candidate: i === 0 ? sample(1, 1) : i === 1 ? sample(39) : sample(10) }),
      ),
    )
    expect(bars(chart(shares, minutes, versions), 'Errors of 8').slice(0, 2)).toEqual([
      '2.5 % :crit, 0, 2',
      '0 % :active, 2, 4',
    ])
  })
})
