import { globSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type RoleName, roles } from '../../docs/policies.ts'

/** The recipes as a person copies them, for the validators and for running their steps. */

export type Step = {
  readonly id?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, string | number | boolean>>
}

export type Job = {
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly environment?: string
  readonly 'runs-on'?: string
  readonly 'timeout-minutes'?: number
  readonly permissions?: Readonly<Record<string, string>>
  readonly concurrency?: unknown
  readonly strategy?: { readonly 'fail-fast'?: boolean }
  readonly steps: readonly Step[]
}

export type Workflow = {
  /** Unique, for messages and as a document's address: `canary.md#1`. */
  readonly name: string
  readonly recipe: string
  readonly text: string
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: unknown
  readonly concurrency: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

/** A step of a recipe that uses the action, with what it is given and the role that the job has by then. */
export type RolloutStep = {
  readonly workflow: Workflow
  readonly job: string
  readonly id: string | undefined
  /** As it stands in the recipe, `${{ … }}` included; see `resolved`. */
  readonly with: Readonly<Record<string, string>>
  readonly role: RoleName
}

const home = new URL('../../docs/recipes/', import.meta.url)

/** The action, as the recipes write it. */
export const ours = /^OWNER\/lambda-rollout@/

/** All recipes by their file's name without its ending, with their text. */
export function recipeTexts(): ReadonlyMap<string, string> {
  const files = globSync('*.md', { cwd: home }).toSorted()
  return new Map(files.map(file => [file.replace(/\.md$/, ''), readFileSync(new URL(file, home), 'utf8')]))
}

/** All complete workflows of all recipes, in the order in which they are read. */
export function workflows(): readonly Workflow[] {
  return [...recipeTexts()].flatMap(([recipe, text]) =>
    yamlBlocks(text)
      .filter(block => block.startsWith('name:'))
      .map((block, at) => workflow(`${recipe}.md#${at + 1}`, block, recipe)),
  )
}

/** Steps that a recipe shows outside of a workflow, as a variation. */
export function looseSteps(): readonly Step[] {
  return blocks(/^ *- /).flatMap(block => parse(block) as readonly Step[])
}

/** CloudFormation templates, with their short functions as plain values: `!GetAtt GitHub.Arn` is `GitHub.Arn`. */
export function templates(): readonly Template[] {
  return blocks(/^Resources:/).map(block => parse(block, { customTags }) as Template)
}

export type Template = { readonly Resources: Readonly<Record<string, { readonly Properties: unknown }>> }

const customTags = ['!GetAtt', '!Ref'].map(tag => ({ tag, resolve: (text: string) => text }))

function blocks(beginning: RegExp): readonly string[] {
  return [...recipeTexts().values()].flatMap(yamlBlocks).filter(block => beginning.test(block))
}

/** What of the recipes' YAML is none of these. */
export function strangeBlocks(): readonly string[] {
  return blocks(/^(?!name:| *- |Resources:)/)
}

/** A workflow from its text. */
export function workflow(name: string, text: string, recipe = ''): Workflow {
  return { ...(parse(text) as Omit<Workflow, 'name' | 'recipe' | 'text'>), name, recipe, text }
}

/** All steps that use the action, in all recipes. */
export function rolloutSteps(): readonly RolloutStep[] {
  return workflows().flatMap(each =>
    Object.entries(each.jobs).flatMap(([job, { steps }]) =>
      steps.flatMap((step, at) =>
        ours.test(step.uses ?? '')
          ? [
              {
                workflow: each,
                job,
                id: step.id,
                with: texts(step.with),
                role: roleOf(each, job, steps.slice(0, at), step),
              },
            ]
          : [],
      ),
    ),
  )
}

/** Inputs with their expressions replaced, as the runner would hand them over. Throws for one that has no value. */
export function resolved(
  inputs: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const replace = (text: string) => text.replaceAll(expression, (_, name: string) => given(name, values))
  return Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, replace(text)]))
}

const expression = /\$\{\{ *(.+?) *\}\}/g

function given(name: string, values: Readonly<Record<string, string>>): string {
  const value = values[name]
  if (value === undefined) throw new Error(`there is no value for \${{ ${name} }}`)
  return value
}

function yamlBlocks(text: string): readonly string[] {
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

function texts(inputs: Step['with'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]))
}

/** The role that the step takes on itself, or that the job's credentials step has; of a matrix the one of its first function. */
function roleOf({ name }: Workflow, job: string, steps: readonly Step[], step: Step): RoleName {
  const credentials = steps.findLast(({ uses }) => uses?.includes('configure-aws-credentials'))
  const arn = String((step.with?.[takesOn] === undefined ? credentials : step)?.with?.[takesOn])
  const [, named = ''] = /:role\/(.+)$/.exec(arn.replace(expression, 'orders')) ?? []
  if (isRole(named)) return named
  throw new Error(`${name}: the job ${job} has no role that docs/policies.ts knows: ${arn}`)
}

/** The input that names a role, of this action and of the one that gets credentials. */
export const takesOn = 'role-to-assume'

function isRole(name: string): name is RoleName {
  return name in roles
}
