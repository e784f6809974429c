import { expect, test } from 'vitest'
import { readmeTables } from '../docs/tables.ts'

test("the README's tables of inputs and outputs are those of action.yml", () => {
  const { now, fresh } = readmeTables()
  expect(now).toBe(fresh)
})
