// Hive Gateway over four subgraphs, each a process of its own; what they publish is composed when this starts.
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { createServer as listen } from 'node:net'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { schemaOf, sectors } from './subgraphs.js'

const { port } = JSON.parse(readFileSync(process.argv[2], 'utf8'))

const free = () => new Promise(resolve => {
  const server = listen().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

const children = []
process.on('SIGTERM', () => {
  children.forEach(child => child.kill())
  process.exit(0)
})

const services = await Promise.all(Object.keys(sectors).map(async name => {
  const port = await free(), child = fork(fileURLToPath(new URL('subgraph.js', import.meta.url)), [process.argv[2], name, String(port)])
  children.push(child)
  child.on('exit', code => process.exit(code || 1))
  await new Promise(resolve => child.once('message', resolve))
  return { name, url: `http://127.0.0.1:${port}/graphql`, typeDefs: parse(schemaOf(name)) }
}))

const { supergraphSdl, errors } = composeServices(services)
if (errors?.length) throw new Error(errors.map(error => error.message).join('\n'))

const gateway = createGatewayRuntime({ supergraph: supergraphSdl, graphiql: false, landingPage: false, healthCheckEndpoint: '/ready', logging: 'error' })
createServer(gateway).listen(port, '127.0.0.1')
