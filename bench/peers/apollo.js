// The contract's schema with Apollo Server, on Fastify, and a DataLoader for each field and source of a request.
import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import DataLoader from 'dataloader'
import Fastify from 'fastify'
import * as reads from './reads.js'
import { fields, parts, singles } from './fields.js'
import { scalars } from './scalars.js'

const schema = ['values', 'patient'].map(name => readFileSync(new URL(`schema/${name}.graphql`, import.meta.url), 'utf8')).join('\n')

/** The loaders of a request, made when they are first asked. */
class Loaders {
  made = new Map()
  of(key, batch) {
    let loader = this.made.get(key)
    if (!loader) this.made.set(key, loader = new DataLoader(batch))
    return loader
  }
}

const key = (name, args) => `${name} ${args.status ?? ''} ${args.first ?? ''}`
const patientOf = obj => obj.patient ?? obj.nhsNumber

const listOf = what => {
  const [name, sectors] = Array.isArray(what) ? what : [what]
  return (obj, args, { loaders }) => loaders.of(`${key(name, args)} ${sectors ?? ''}`, patients => reads.list(name, patients, args, sectors)).load(patientOf(obj))
}
const singleOf = name => (obj, _, { loaders }) => loaders.of(name, patients => reads.current(name, patients)).load(patientOf(obj))
const partsOf = name => (obj, _, { loaders }) => loaders.of(name, entries => reads.partsOf(name, entries)).load(obj)

const each = (of, make) => Object.fromEntries(Object.entries(of).map(([field, what]) => [field, make(what)]))
const resolvers = { ...scalars }
for (const [of, make] of [[fields, listOf], [singles, singleOf], [parts, partsOf]]) {
  for (const [type, names] of Object.entries(of)) resolvers[type] = { ...resolvers[type], ...each(names, make) }
}
Object.assign(resolvers.Patient, {
  encounters: (patient, args, { loaders }) => loaders.of(key('encounters', args), patients => reads.encounters(patients, args)).load(patient.nhsNumber),
  acute: reads.sectorOf, gp: reads.sectorOf, mentalHealth: reads.sectorOf, socialCare: reads.sectorOf, sources: reads.answers,
})
resolvers.Query = {
  patient: async (_, { nhsNumber }) => (await reads.people([nhsNumber]))[0],
  patients: async (_, { nhsNumbers }) => (await reads.people(nhsNumbers)).map((patient, i) => ({
    nhsNumber: nhsNumbers[i], patient, refusal: patient ? null : { code: 'PATIENT_NOT_FOUND', message: 'No such patient.' },
  })),
}

const app = Fastify({ bodyLimit: 1 << 20 })
const apollo = new ApolloServer({ typeDefs: schema, resolvers, introspection: false, plugins: [fastifyApolloDrainPlugin(app)] })
await apollo.start()
await app.register(fastifyApollo(apollo), { context: async () => ({ loaders: new Loaders() }) })
app.get('/ready', async () => 'ready')
await reads.warm(reads.config.sources.map(source => source.sector))
await app.listen({ host: '127.0.0.1', port: reads.config.port })
