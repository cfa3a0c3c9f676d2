// PostGraphile: the schema is derived from the five source databases. A smart tag says which rows belong to which, and a plugin puts
// the lists of a patient under one field, since a relation cannot lead from one database into another.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { constant, first } from 'postgraphile/grafast'
import { parse } from 'postgraphile/graphql'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { extendSchema, pgSmartTags } from 'postgraphile/utils'

const { port, sources } = JSON.parse(readFileSync(process.argv[2], 'utf8'))

const today = "to_char(now(), 'YYYY-MM-DD')", fourWeeksAgo = "to_char(now() - interval '28 days', 'YYYY-MM-DD')"
const goesOn = `(v.ended_on IS NULL OR v.ended_on >= ${today})`
const inUse = `${goesOn} AND v.status NOT IN ('COMPLETED', 'STOPPED', 'CANCELLED') AND NOT (v.kind IN ('ACUTE', 'DELAYED') AND v.ended_on IS NULL AND v.started_on < ${fourWeeksAgo})`
const inUseAtHospital = `${inUse} AND CASE v.kind
  WHEN 'INPATIENT' THEN v.started_on >= ${fourWeeksAgo} OR EXISTS (SELECT FROM stay s WHERE s.nhs_number = v.nhs_number AND (s.discharged_at IS NULL OR s.discharged_at > now()))
  WHEN 'DISCHARGE' THEN v.discharged_at >= date_trunc('day', greatest(
    (SELECT max(m.discharged_at) FROM medication m WHERE m.nhs_number = v.nhs_number AND m.kind = 'DISCHARGE' AND NOT m.confidential AND NOT m.entered_in_error),
    (SELECT max(s.discharged_at) FROM stay s WHERE s.nhs_number = v.nhs_number AND s.discharged_at <= now() AND NOT s.confidential AND NOT s.entered_in_error)), 'Europe/London')
  ELSE true END`

/** The lists: field, service, relation, order; a condition, whether it is paged, whether it is a single value. */
const clinical = service => [
  ['activeAllergies', service, 'allergy', 'recorded_at', { where: `${goesOn} AND v.status NOT IN ('INACTIVE', 'RESOLVED')` }],
  ['medications', service, 'medication', 'started_on', {}],
  ['currentMedications', service, 'medication', 'started_on', { where: service === 'gp' ? inUse : inUseAtHospital }],
  ['problems', service, 'problem', 'onset_on', {}],
  ['activeProblems', service, 'problem', 'onset_on', { where: `${goesOn} AND v.status NOT IN ('INACTIVE', 'RESOLVED', 'REMISSION')` }],
  ['immunisations', service, 'immunisation', 'given_on', {}],
  ['procedures', service, 'procedure', 'performed_on', {}],
  ['results', service, 'result', 'taken_at', { paged: true }],
  ['vitalSigns', service, 'vital_sign', 'taken_at', { paged: true }],
]
const common = service => [
  ['documents', service, 'document', 'written_at', { paged: true }],
  ['carePlans', service, 'care_plan', 'started_on', {}],
  ['careTeam', service, 'care_team_member', 'since', {}],
]
const current = { where: `${goesOn} AND (v.started_on IS NULL OR v.started_on <= ${today})`, one: true }
const lists = [
  ...['acute', 'gp', 'mental_health'].flatMap(clinical),
  ...['acute', 'gp', 'mental_health', 'social_care'].flatMap(common),
  ['stays', 'acute', 'stay', 'admitted_at', { paged: true }],
  ['attendances', 'acute', 'attendance', 'arrived_at', { paged: true }],
  ['stays', 'mental_health', 'stay', 'admitted_at', { paged: true }],
  ['consultations', 'gp', 'consultation', 'held_at', { paged: true }],
  ['contacts', 'mental_health', 'care_contact', 'at', { paged: true }],
  ['assessments', 'mental_health', 'assessment', 'assessed_on', {}],
  ['careCoordinator', 'mental_health', 'care_coordinator', 'started_on', current],
  ['legalStatus', 'mental_health', 'legal_status', 'started_at', { where: 'v.started_at <= now() AND (v.ended_at IS NULL OR v.ended_at > now()) AND (v.expires_at IS NULL OR v.expires_at > now())', one: true }],
  ['allocatedWorker', 'social_care', 'allocated_worker', 'started_on', current],
  ['supportReason', 'social_care', 'support_reason', 'started_on', current],
  ['services', 'social_care', 'service', 'started_on', {}],
  ['assessments', 'social_care', 'social_care_assessment', 'started_on', {}],
  ['requests', 'social_care', 'request', 'received_on', {}],
]

const camel = name => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
const upper = name => name[0].toUpperCase() + name.slice(1)

const patients = extendSchema(build => {
  const { sql, pgResources } = build
  const resourceOf = (service, relation) => {
    const found = Object.values(pgResources).find(resource => resource.codec.extensions?.pg?.serviceName === service && resource.codec.extensions.pg.name === relation && !resource.parameters)
    if (!found) throw new Error(`no resource ${service}.${relation}`)
    return found
  }
  const typeOf = (service, relation) => build.inflection.tableType(resourceOf(service, relation).codec)
  const plans = {}, fields = []
  for (const [name, service, relation, newest, { where, paged, one }] of lists) {
    const resource = resourceOf(service, relation), field = camel(service) + upper(name)
    fields.push(`${field}${paged ? '(first: Int!)' : ''}: ${one ? typeOf(service, relation) : `[${typeOf(service, relation)}!]`}`)
    plans[field] = ($number, { $first }) => {
      const $rows = resource.find({ nhs_number: $number })
      const [condition, ...rest] = `NOT v.confidential AND NOT v.entered_in_error${where ? ` AND ${where}` : ''}`.split(/\bv\./)
      $rows.where(sql.join([sql.raw(condition), ...rest.map(text => sql`${$rows.alias}.${sql.raw(text)}`)], ''))
      $rows.orderBy({ attribute: newest, direction: 'DESC', nulls: 'LAST' })
      if (paged) $rows.setFirst($first)
      if (one) $rows.setFirst(constant(1))
      return one ? $rows.row(first($rows)) : $rows
    }
  }
  return {
    typeDefs: parse(`
      extend type Query { patients(nhsNumbers: [String!]!): [PatientRecord!]! patient(nhsNumber: String!): PatientRecord }
      type PatientRecord {
        nhsNumber: String!
        person: ${typeOf('demographics', 'person')}
        ${fields.join('\n        ')}
      }
    `),
    objects: {
      Query: { plans: { patients: (_, { $nhsNumbers }) => $nhsNumbers, patient: (_, { $nhsNumber }) => $nhsNumber } },
      PatientRecord: {
        plans: { nhsNumber: $number => $number, person: $number => resourceOf('demographics', 'person').get({ nhs_number: $number }), ...plans },
      },
    },
  }
})

const parts = {
  acute: ['allergy_reaction', 'vital_sign_component', 'care_plan_section', 'stay_diagnosis', 'stay_procedure', 'attendance_diagnosis'],
  gp: ['allergy_reaction', 'vital_sign_component', 'care_plan_section'],
  mental_health: ['allergy_reaction', 'vital_sign_component', 'care_plan_section', 'stay_diagnosis', 'stay_procedure'],
  social_care: ['care_plan_section'],
}
const parentOf = part => part.slice(0, part.lastIndexOf('_'))
const relations = pgSmartTags([
  ...Object.entries(parts).flatMap(([serviceName, relations]) => [
    ...[...new Set(relations.map(parentOf))].map(match => ({ serviceName, kind: 'class', match, tags: { primaryKey: 'nhs_number,id' } })),
    ...relations.map(match => ({ serviceName, kind: 'class', match, tags: { foreignKey: `(nhs_number, parent_id) references ${parentOf(match)} (nhs_number, id)` } })),
  ]),
])

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [relations, patients],
  pgServices: sources.map(({ sector, dsn }) => makePgService({ name: sector.toLowerCase(), connectionString: dsn, schemas: ['public'], poolConfig: { max: 8, idleTimeoutMillis: 0 } })),
  schema: { defaultBehavior: '-insert -update -delete -connection +list', dontSwallowErrors: true },
  grafast: { explain: false },
  grafserv: { port, graphqlPath: '/graphql', graphiql: false, watch: false },
}

const pgl = postgraphile(preset)
if (process.argv[3] === 'schema') {
  const { printSchema } = await import('graphql')
  console.log(printSchema((await pgl.getSchema())))
  process.exit(0)
}
const serv = pgl.createServ(grafserv)
await serv.ready()
const answer = serv.createHandler()
const server = createServer((request, response) => request.url === '/ready' ? response.end('ready') : answer(request, response))
server.listen(port, '127.0.0.1')
