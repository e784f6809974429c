import type { Fact } from '../ports.ts'

type Look = Extract<Fact, { kind: 'looked' }>

/**
 * Keeps a fact for the end. Of the looks, of which a long rollout has thousands, the first and the last of each step
 * are kept, and the minutes of the newest alone: that is what the end tells of them, and each look has them all anew.
 */
export function remember(facts: Fact[], fact: Fact): void {
  if (fact.kind === 'looked') {
    const earlier = facts.filter((one): one is Look => one.kind === 'looked').slice(-2)
    const [last] = earlier.slice(-1)
    if (last !== undefined && last.minutes.length > 0) facts[facts.lastIndexOf(last)] = { ...last, minutes: [] }
    const isBetween = earlier.length === 2 && earlier.every(({ step }) => step === fact.step)
    if (isBetween)
      facts.splice(
        facts.findLastIndex(({ kind }) => kind === 'looked'),
        1,
      )
  }
  facts.push(fact)
}
