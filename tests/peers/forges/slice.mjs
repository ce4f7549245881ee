// Cuts the calls aidf makes out of a forge's whole OpenAPI document, and closes
// their request bodies, so that a key the forge does not know is a violation
// (every forge here ignores such a key in silence, and with it the protection meant).
//
//   node slice.mjs SPEC.json github|forgejo|gitea OUT.json
import { readFileSync, writeFileSync } from 'node:fs'

const repo = '/repos/{owner}/{repo}'
const gitea = {
  '/user': ['get'],
  '/version': ['get'],
  [repo]: ['get'],
  [`${repo}/branch_protections`]: ['get', 'post'],
  [`${repo}/branch_protections/{name}`]: ['get', 'patch', 'delete'],
  [`${repo}/pulls`]: ['get', 'post'],
  [`${repo}/pulls/{index}`]: ['get', 'patch'],
  [`${repo}/pulls/{index}/merge`]: ['post'],
  [`${repo}/pulls/{index}/reviews`]: ['get', 'post'],
}
const calls = {
  github: {
    '/user': ['get'],
    '/users/{username}': ['get'],
    '/orgs/{org}/teams/{team_slug}': ['get'],
    '/app': ['get'],
    '/app/installations/{installation_id}/access_tokens': ['post'],
    [repo]: ['get'],
    [`${repo}/installation`]: ['get'],
    [`${repo}/collaborators`]: ['get'],
    [`${repo}/rulesets`]: ['get', 'post'],
    [`${repo}/rulesets/{ruleset_id}`]: ['get', 'put', 'delete'],
    [`${repo}/rules/branches/{branch}`]: ['get'],
    [`${repo}/branches/{branch}/protection`]: ['get', 'put', 'delete'],
    [`${repo}/branches/{branch}/protection/required_signatures`]: ['post'],
    [`${repo}/pulls`]: ['get', 'post'],
    [`${repo}/pulls/{pull_number}`]: ['get', 'patch'],
    [`${repo}/pulls/{pull_number}/merge`]: ['put'],
    [`${repo}/pulls/{pull_number}/reviews`]: ['get', 'post'],
  },
  forgejo: gitea,
  gitea,
}

// The newest description of Gitea to be had as a package is one of 1.23 in the
// making. What 1.25 added to these bodies, by the generated client of that version:
const later = {
  gitea: {
    CreateBranchProtectionOption: {
      block_admin_merge_override: { type: 'boolean' },
      priority: { type: 'integer', format: 'int64' },
    },
    EditBranchProtectionOption: {
      block_admin_merge_override: { type: 'boolean' },
      priority: { type: 'integer', format: 'int64' },
    },
  },
}

const [specFile, forge, outFile] = process.argv.slice(2)
if (!outFile || !calls[forge]) {
  console.error('usage: node slice.mjs SPEC.json github|forgejo|gitea OUT.json')
  process.exit(2)
}
const spec = JSON.parse(readFileSync(specFile, 'utf8'))

for (const [name, properties] of Object.entries(later[forge] ?? {})) {
  Object.assign(spec.definitions[name].properties, properties)
}

const out = {}
for (const key of ['openapi', 'swagger', 'info', 'servers', 'schemes', 'consumes', 'produces',
  'security', 'securityDefinitions']) {
  if (key in spec) out[key] = spec[key]
}
if (spec.components?.securitySchemes) out.components = { securitySchemes: spec.components.securitySchemes }

const isObject = (value) => value !== null && typeof value === 'object'

/** What a `#/a/b` points at. */
function at(pointer) {
  return pointer.slice(2).split('/').reduce((node, step) => node[step.replace(/~1/g, '/').replace(/~0/g, '~')], spec)
}

function put(pointer, value) {
  const steps = pointer.slice(2).split('/')
  const last = steps.pop()
  let node = out
  for (const step of steps) node = node[step] ??= {}
  node[last] = value
}

const copied = new Set()

/** A copy for the slice, which takes along all that it points at. Bodies are closed. */
function copy(node, closed) {
  if (Array.isArray(node)) return node.map((item) => copy(item, closed))
  if (!isObject(node)) return node
  if (typeof node.$ref === 'string') {
    // Answers share schemas with bodies and stay open: a closed one gets a name of its own.
    const isExample = node.$ref.startsWith('#/components/examples/')
    const pointer = closed && !isExample ? `${node.$ref}-closed` : node.$ref
    if (!copied.has(pointer)) {
      copied.add(pointer)
      put(pointer, isExample ? at(node.$ref) : copy(at(node.$ref), closed))
    }
    return { $ref: pointer }
  }
  // Each part sees the keys of the others, and closing one would refuse them.
  if (closed && 'allOf' in node) throw new Error('a body made with allOf: say here how to close it')
  const result = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, copy(value, closed)]))
  if (closed && isObject(node.properties) && !('additionalProperties' in node)) {
    result.additionalProperties = false
  }
  return result
}

function operation(node) {
  const { requestBody, parameters, ...rest } = node
  const result = copy(rest, false)
  // Swagger 2 keeps the body among the parameters.
  if (parameters) result.parameters = parameters.map((p) => copy(p, (p.$ref ? at(p.$ref) : p).in === 'body'))
  if (requestBody) result.requestBody = copy(requestBody, true)
  return result
}

// The mock pays no heed to a basePath, so the paths are given whole.
out.paths = {}
for (const [path, methods] of Object.entries(calls[forge])) {
  const from = spec.paths[path]
  const to = (out.paths[`${spec.basePath ?? ''}${path}`] = {})
  if (from.parameters) to.parameters = copy(from.parameters, false)
  for (const method of methods) to[method] = operation(from[method])
}
writeFileSync(outFile, `${JSON.stringify(out, null, 1)}\n`)
