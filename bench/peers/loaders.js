// Mercurius' loaders for the schema: it gathers the calls of a field over all objects of a level.
import * as reads from './reads.js'
import { fields, parts, singles } from './fields.js'

const opts = { cache: false } // no field asks the same of one patient twice

const patientOf = obj => obj.patient ?? obj.nhsNumber

/** Calls once for each set of arguments that a field is given, which is nearly always one. */
const byArguments = read => ({
  opts,
  async loader(queries) {
    const groups = Map.groupBy(queries, query => JSON.stringify(query.params)), answers = new Map()
    await Promise.all([...groups.values()].map(async group => {
      const found = await read(group.map(query => patientOf(query.obj)), group[0].params)
      group.forEach((query, i) => answers.set(query, found[i]))
    }))
    return queries.map(query => answers.get(query))
  },
})

const each = (of, make) => Object.fromEntries(Object.entries(of).map(([type, names]) => [type, Object.fromEntries(Object.entries(names).map(([field, what]) => [field, make(what)]))]))

/** The loaders of lists; with sectors, of these alone. */
export const listLoaders = (of = fields, sectors = undefined) => each(of, what => {
  const [name, own] = Array.isArray(what) ? what : [what, sectors]
  return byArguments((patients, args) => reads.list(name, patients, args, own))
})

export const singleLoaders = each(singles, name => byArguments(patients => reads.current(name, patients)))

export const partLoaders = each(parts, name => ({ opts, loader: queries => reads.partsOf(name, queries.map(query => query.obj)) }))

export const encounterLoader = sectors => byArguments((patients, args) => reads.encounters(patients, args, sectors))

/** Loaders of several makers, by type and field. */
export function merge(...all) {
  const merged = {}
  for (const loaders of all) for (const [type, of] of Object.entries(loaders)) merged[type] = { ...merged[type], ...of }
  return merged
}
