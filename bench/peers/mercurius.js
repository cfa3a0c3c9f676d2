// The contract's schema with Mercurius as its manual has it for production: loaders, and documents compiled once they were asked twice.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import * as reads from './reads.js'
import { encounterLoader, listLoaders, merge, partLoaders, singleLoaders } from './loaders.js'
import { scalars } from './scalars.js'

const schema = ['values', 'patient'].map(name => readFileSync(new URL(`schema/${name}.graphql`, import.meta.url), 'utf8')).join('\n')

const app = Fastify({ bodyLimit: 1 << 20 })
app.register(mercurius, {
  schema,
  jit: 1,
  resolvers: {
    ...scalars,
    Query: {
      patient: async (_, { nhsNumber }) => (await reads.people([nhsNumber]))[0],
      patients: async (_, { nhsNumbers }) => (await reads.people(nhsNumbers)).map((patient, i) => ({
        nhsNumber: nhsNumbers[i], patient, refusal: patient ? null : { code: 'PATIENT_NOT_FOUND', message: 'No such patient.' },
      })),
    },
    Patient: { acute: reads.sectorOf, gp: reads.sectorOf, mentalHealth: reads.sectorOf, socialCare: reads.sectorOf, sources: reads.answers },
  },
  loaders: merge({ Patient: { encounters: encounterLoader() } }, listLoaders(), singleLoaders, partLoaders),
})
app.get('/ready', async () => 'ready')
await reads.warm(reads.config.sources.map(source => source.sector))
await app.listen({ host: '127.0.0.1', port: reads.config.port })
