// One sector's subgraph: Mercurius with loaders and compiled documents, as in mercurius.js. Every list is the sector's own; the
// practice's subgraph also says who a patient is.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { mercuriusFederationPlugin } from '@mercuriusjs/federation'
import * as reads from './reads.js'
import { encounterLoader, listLoaders, merge, partLoaders, singleLoaders } from './loaders.js'
import { scalars } from './scalars.js'
import { schemaOf, sectors } from './subgraphs.js'

const name = process.argv[3], port = Number(process.argv[4])
const { sector, field, type, lists, singles, people } = sectors[name]

const loaders = merge(
  { [type]: { encounters: encounterLoader([sector]) } },
  listLoaders({ [type]: lists }, [sector]),
  { [type]: singles ? singleLoaders[type] : {} },
  partLoaders,
)
const known = new Set(Object.keys(lists).concat('encounters', Object.keys(singles ? singleLoaders[type] : {})))
for (const loaded of Object.keys(loaders[type])) if (!known.has(loaded) || loaded === 'encounters' && !sectors[name].encounters) delete loaders[type][loaded]

const app = Fastify({ bodyLimit: 1 << 22 })
app.register(mercuriusFederationPlugin, {
  schema: schemaOf(name),
  jit: 1,
  resolvers: {
    ...scalars,
    Patient: { [field]: reads.sectorOf, __resolveReference: patient => patient },
    ...people && {
      Query: {
        patient: async (_, { nhsNumber }) => (await reads.people([nhsNumber]))[0],
        patients: async (_, { nhsNumbers }) => reads.people(nhsNumbers),
      },
    },
  },
  loaders,
})
app.get('/ready', async () => 'ready')
await reads.warm(people ? [sector, 'DEMOGRAPHICS'] : [sector])
await app.listen({ host: '127.0.0.1', port })
process.send('ready')
