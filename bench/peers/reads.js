// What the peers in JavaScript read, and how: a statement for each list and source, prepared under a name, for
// as many patients as there are, and rows made into the objects that the schema's default resolvers take apart.
import { readFileSync } from 'node:fs'
import pg from 'pg'

pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)

/** The configuration that go run ./bench -peers writes: where to listen, and the sources. */
export const config = JSON.parse(readFileSync(process.argv[2], 'utf8'))

/** As many connections as the service has to each source. */
export const connections = 8

const sources = Object.fromEntries(config.sources.map(s => [s.sector, {
  ...s,
  organisation: { odsCode: s.ods, name: s.name },
  pool: new pg.Pool({ connectionString: s.dsn, max: connections, idleTimeoutMillis: 0 }),
}]))

export const clinical = ['ACUTE', 'GP', 'MENTAL_HEALTH']
export const everywhere = [...clinical, 'SOCIAL_CARE']

/** Makes every connection. */
export const warm = sectors => Promise.all(sectors.map(async sector => {
  const clients = await Promise.all(Array.from({ length: connections }, () => sources[sector].pool.connect()))
  clients.forEach(client => client.release())
}))

const envelope = 'v.nhs_number, v.id, v.source_system, v.organisation_ods, v.organisation_name, v.recorded_at'

const columns = names => names.split(' ').map(name => name.endsWith('*')
  ? ['system', 'code'].map(part => `v.${name.slice(0, -1)}_${part}`).join(', ') + `, coalesce(v.${name.slice(0, -1)}_display, v.${name.slice(0, -1)}_code) AS ${name.slice(0, -1)}_display`
  : `v.${name}`).join(', ')

const code = (row, name) => {
  const system = row[name + '_system'], code = row[name + '_code'], display = row[name + '_display']
  return system === null && code === null && display === null ? null : { system, code, display }
}

const value = row => row.value_text === null && row.value_quantity === null && row.value_limit === null && row.value_absent_reason === null && row.value_code === null
  ? null
  : { text: row.value_text, quantity: row.value_quantity, comparator: row.value_comparator, limit: row.value_limit, unit: row.value_unit, absentReason: row.value_absent_reason,
      coded: row.value_code === null && row.value_code_display === null ? null : { system: row.value_code_system, code: row.value_code, display: row.value_code_display } }

const measured = 'value_text value_quantity value_comparator value_limit value_unit value_absent_reason value_code_system value_code value_code_display'

const days = ago => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)

const medicineInUse = inpatient => `(v.ended_on IS NULL OR v.ended_on >= $P)
  AND v.status NOT IN ('COMPLETED', 'STOPPED', 'CANCELLED')
  AND NOT (v.kind IN ('ACUTE', 'DELAYED') AND v.ended_on IS NULL AND v.started_on < $Q) AND ${inpatient}`

const ofHospital = medicineInUse(`CASE v.kind
  WHEN 'INPATIENT' THEN v.started_on >= $Q OR EXISTS (SELECT FROM stay s WHERE s.nhs_number = v.nhs_number AND (s.discharged_at IS NULL OR s.discharged_at > now()))
  WHEN 'DISCHARGE' THEN v.discharged_at >= date_trunc('day', greatest(
    (SELECT max(m.discharged_at) FROM medication m WHERE m.nhs_number = v.nhs_number AND m.kind = 'DISCHARGE' AND NOT m.confidential AND NOT m.entered_in_error),
    (SELECT max(s.discharged_at) FROM stay s WHERE s.nhs_number = v.nhs_number AND s.discharged_at <= now() AND NOT s.confidential AND NOT s.entered_in_error)), 'Europe/London')
  ELSE true END`)

const goesOn = '(v.ended_on IS NULL OR v.ended_on >= $P) AND (v.started_on IS NULL OR v.started_on <= $P)'

/** The lists: relation, sectors, order, columns, and the object of a row. A condition may use the day ($P) and the day four weeks ago ($Q). */
export const lists = {
  allergies: { from: 'allergy', sectors: clinical, newest: 'recorded_at', columns: 'substance* criticality status',
    where: { ACTIVE: () => "(v.ended_on IS NULL OR v.ended_on >= $P) AND v.status NOT IN ('INACTIVE', 'RESOLVED')" },
    node: r => ({ substance: code(r, 'substance'), criticality: r.criticality, status: r.status }) },
  medications: { from: 'medication', sectors: clinical, newest: 'started_on', columns: 'medicine* dosage kind status started_on ended_on',
    where: { CURRENT: sector => sector === 'GP' ? medicineInUse('true') : ofHospital },
    node: r => ({ medicine: code(r, 'medicine'), dosage: r.dosage, kind: r.kind, status: r.status, startedOn: r.started_on, endedOn: r.ended_on }) },
  problems: { from: 'problem', sectors: clinical, newest: 'onset_on', columns: 'problem* onset_on ended_on status',
    where: { ACTIVE: () => "(v.ended_on IS NULL OR v.ended_on >= $P) AND v.status NOT IN ('INACTIVE', 'RESOLVED', 'REMISSION')" },
    node: r => ({ problem: code(r, 'problem'), onsetOn: r.onset_on, endedOn: r.ended_on, status: r.status }) },
  immunisations: { from: 'immunisation', sectors: clinical, newest: 'given_on', columns: 'vaccine* given_on', node: r => ({ vaccine: code(r, 'vaccine'), givenOn: r.given_on }) },
  procedures: { from: 'procedure', sectors: clinical, newest: 'performed_on', columns: 'procedure* performed_on', node: r => ({ procedure: code(r, 'procedure'), performedOn: r.performed_on }) },
  results: { from: 'result', sectors: clinical, newest: 'taken_at',
    columns: `test* taken_at status ${measured} reference_range_low reference_range_high reference_range_text interpretation* report_id report_title`,
    node: r => ({
      test: code(r, 'test'), takenAt: r.taken_at, status: r.status, value: value(r), interpretation: code(r, 'interpretation'),
      referenceRange: r.reference_range_low === null && r.reference_range_high === null && r.reference_range_text === null ? null : { low: r.reference_range_low, high: r.reference_range_high, text: r.reference_range_text },
      report: r.report_id === null ? null : { id: r.report_id, title: r.report_title },
    }) },
  vitalSigns: { from: 'vital_sign', sectors: clinical, newest: 'taken_at', columns: `sign* taken_at ${measured}`, node: r => ({ sign: code(r, 'sign'), takenAt: r.taken_at, value: value(r) }) },
  documents: { from: 'document', sectors: everywhere, newest: 'written_at', columns: 'kind* title written_at content_type size',
    node: r => ({ kind: code(r, 'kind'), title: r.title, writtenAt: r.written_at, contentType: r.content_type, size: r.size }) },
  carePlans: { from: 'care_plan', sectors: everywhere, newest: 'started_on', columns: 'kind* title status started_on ended_on review_due_on updated_at',
    node: r => ({ kind: code(r, 'kind'), title: r.title, status: r.status, startedOn: r.started_on, endedOn: r.ended_on, reviewDueOn: r.review_due_on, updatedAt: r.updated_at }) },
  careTeam: { from: 'care_team_member', sectors: everywhere, newest: 'since', columns: 'name role employer_ods employer_name since',
    node: r => ({ name: r.name, role: r.role, since: r.since, organisation: r.employer_ods === null && r.employer_name === null ? null : { odsCode: r.employer_ods, name: r.employer_name ?? r.employer_ods } }) },
  stays: { from: 'stay', sectors: ['ACUTE', 'MENTAL_HEALTH'], newest: 'admitted_at',
    columns: 'admitted_at discharged_at discharge_ready_on patient_classification* admission_method* discharge_destination* specialty* reason* ward summary_id summary_title summary_written_at',
    node: r => ({
      admittedAt: r.admitted_at, dischargedAt: r.discharged_at, dischargeReadyOn: r.discharge_ready_on, admissionMethod: code(r, 'admission_method'),
      dischargeDestination: code(r, 'discharge_destination'), specialty: code(r, 'specialty'), ward: r.ward,
      summary: r.summary_id === null ? null : { id: r.summary_id, title: r.summary_title, writtenAt: r.summary_written_at },
      kind: code(r, 'patient_classification'), reason: code(r, 'reason'), startedAt: r.admitted_at, endedAt: r.discharged_at,
    }) },
  attendances: { from: 'attendance', sectors: ['ACUTE'], newest: 'arrived_at', columns: 'kind* arrived_at departed_at complaint*',
    node: r => ({ arrivedAt: r.arrived_at, departedAt: r.departed_at, complaint: code(r, 'complaint'), kind: code(r, 'kind'), reason: code(r, 'complaint'), startedAt: r.arrived_at, endedAt: r.departed_at }) },
  consultations: { from: 'consultation', sectors: ['GP'], newest: 'held_at', columns: 'kind* held_at ended_at reason* clinician_name clinician_role',
    node: r => ({ heldAt: r.held_at, kind: code(r, 'kind'), reason: code(r, 'reason'), startedAt: r.held_at, endedAt: r.ended_at, clinician: r.clinician_name === null ? null : { name: r.clinician_name, role: r.clinician_role } }) },
  contacts: { from: 'care_contact', sectors: ['MENTAL_HEALTH'], newest: 'at', columns: 'at duration_minutes kind* medium team reason*',
    node: r => ({ at: r.at, medium: r.medium, team: r.team, kind: code(r, 'kind'), reason: code(r, 'reason'), startedAt: r.at, endedAt: r.duration_minutes === null ? null : new Date(r.at.getTime() + 60_000 * r.duration_minutes) }) },
  mentalHealthAssessments: { from: 'assessment', sectors: ['MENTAL_HEALTH'], newest: 'assessed_on', columns: 'tool* score assessed_on', node: r => ({ tool: code(r, 'tool'), score: r.score, assessedOn: r.assessed_on }) },
  services: { from: 'service', sectors: ['SOCIAL_CARE'], newest: 'started_on', columns: 'kind* component* started_on ended_on provider status',
    node: r => ({ kind: code(r, 'kind'), component: code(r, 'component'), startedOn: r.started_on, endedOn: r.ended_on, provider: r.provider, status: r.status }) },
  socialCareAssessments: { from: 'social_care_assessment', sectors: ['SOCIAL_CARE'], newest: 'started_on', columns: 'kind* started_on ended_on outcome* eligible_needs',
    node: r => ({ kind: code(r, 'kind'), startedOn: r.started_on, endedOn: r.ended_on, outcome: code(r, 'outcome'), eligibleNeeds: r.eligible_needs }) },
  requests: { from: 'request', sectors: ['SOCIAL_CARE'], newest: 'received_on', columns: 'route* received_on outcome*', node: r => ({ route: code(r, 'route'), receivedOn: r.received_on, outcome: code(r, 'outcome') }) },
  careCoordinators: { from: 'care_coordinator', sectors: ['MENTAL_HEALTH'], newest: 'started_on', columns: 'name role team started_on', where: { CURRENT: () => goesOn }, node: r => ({ name: r.name, role: r.role, team: r.team }) },
  legalStatuses: { from: 'legal_status', sectors: ['MENTAL_HEALTH'], newest: 'started_at', columns: 'status* started_at expires_at ended_at',
    where: { CURRENT: () => 'v.started_at <= now() AND (v.ended_at IS NULL OR v.ended_at > now()) AND (v.expires_at IS NULL OR v.expires_at > now())' },
    node: r => ({ status: code(r, 'status'), startedAt: r.started_at, expiresAt: r.expires_at, endedAt: r.ended_at }) },
  allocatedWorkers: { from: 'allocated_worker', sectors: ['SOCIAL_CARE'], newest: 'started_on', columns: 'name role team phone started_on', where: { CURRENT: () => goesOn }, node: r => ({ name: r.name, role: r.role, team: r.team, phone: r.phone }) },
  supportReasons: { from: 'support_reason', sectors: ['SOCIAL_CARE'], newest: 'started_on', columns: 'reason* started_on', where: { CURRENT: () => goesOn }, node: r => code(r, 'reason') },
}

/** The relations whose rows belong to an entry of a list. */
export const parts = {
  reactions: { from: 'allergy_reaction', columns: 'manifestation*', node: r => code(r, 'manifestation') },
  components: { from: 'vital_sign_component', columns: `sign* ${measured}`, node: r => ({ sign: code(r, 'sign'), value: value(r) }) },
  sections: { from: 'care_plan_section', columns: 'heading text', node: r => ({ heading: r.heading, text: r.text }) },
  stayDiagnoses: { from: 'stay_diagnosis', columns: 'diagnosis* rank', node: r => ({ diagnosis: code(r, 'diagnosis'), rank: r.rank }) },
  stayProcedures: { from: 'stay_procedure', columns: 'procedure* performed_on', node: r => ({ procedure: code(r, 'procedure'), performedOn: r.performed_on }) },
  attendanceDiagnoses: { from: 'attendance_diagnosis', columns: 'diagnosis*', node: r => ({ diagnosis: code(r, 'diagnosis') }) },
}

const statements = new Map()

/** The statement of a list, made once: all of each patient's rows, or the newest so many. */
function statementOf(name, sector, status, limited) {
  const key = `${name} ${sector} ${status} ${limited}`
  let made = statements.get(key)
  if (made) return made
  const list = lists[name], selected = `${envelope}, ${columns(list.columns)}`, limits = []
  let where = 'NOT v.confidential AND NOT v.entered_in_error'
  let next = limited ? 3 : 2
  const condition = list.where?.[status]?.(sector)
  if (condition) {
    where += ' AND ' + condition.replaceAll(/\$[PQ]/g, found => {
      let i = limits.indexOf(found)
      if (i < 0) i = limits.push(found) - 1
      return `$${next + i}::text`
    })
  }
  const text = limited
    ? `SELECT v.* FROM unnest($1::text[]) AS p(n) CROSS JOIN LATERAL (SELECT ${selected} FROM ${list.from} v WHERE v.nhs_number = p.n AND ${where} ORDER BY v.${list.newest} DESC NULLS LAST LIMIT $2) v`
    : `SELECT ${selected} FROM ${list.from} v WHERE v.nhs_number = ANY ($1::text[]) AND ${where}`
  made = { name: key.toLowerCase().replaceAll(' ', '_'), text, limits }
  statements.set(key, made)
  return made
}

async function rowsOf(name, sector, patients, status, first) {
  const { name: prepared, text, limits } = statementOf(name, sector, status, first !== undefined)
  const values = [patients]
  if (first !== undefined) values.push(first)
  for (const limit of limits) values.push(days(limit === '$P' ? 0 : 28))
  return (await sources[sector].pool.query({ name: prepared, text, values })).rows
}

const newer = (a, b) => a.at === b.at ? 0 : a.at === null ? 1 : b.at === null ? -1 : a.at < b.at ? 1 : -1

/** Reads a list of many patients from the sources that hold it: entries by patient, newest first. One more than first is read, so that a page knows of others. */
export async function read(name, patients, { status = null, first } = {}, sectors = lists[name].sectors) {
  const list = lists[name], found = new Map(patients.map(patient => [patient, []]))
  await Promise.all(sectors.map(async sector => {
    const { organisation } = sources[sector]
    for (const row of await rowsOf(name, sector, patients, status, first === undefined ? undefined : first + 1)) {
      const node = list.node(row)
      found.get(row.nhs_number).push({
        at: row[list.newest],
        node: node && Object.assign(node, {
          id: `${sector}.${list.from}.${row.nhs_number}.${row.id}`, sector, patient: row.nhs_number, sourceId: row.id,
          provenance: {
            sector, sourceSystem: row.source_system, sourceId: row.id, recordedAt: row.recorded_at,
            organisation: row.organisation_ods === null ? organisation : { odsCode: row.organisation_ods, name: row.organisation_name },
          },
        }),
      })
    }
  }))
  for (const entries of found.values()) entries.sort(newer)
  return found
}

const status = { state: 'RECORDED', complete: true, gaps: [], leftOut: [] }
const nothing = { ...status, state: 'NOT_RECORDED' }

/** The list of one patient, as the schema has it. */
export function page(entries, first = entries.length) {
  const shown = entries.length > first ? entries.slice(0, first) : entries
  return { ...(shown.length > 0 ? status : nothing), nodes: shown.map(entry => entry.node), pageInfo: { hasNextPage: entries.length > first, endCursor: shown.at(-1)?.node.id ?? null } }
}

/** Reads a list for many patients, in their order. */
export async function list(name, patients, args, sectors) {
  const found = await read(name, patients, args, sectors)
  return patients.map(patient => page(found.get(patient), args?.first))
}

/** The single value in force of many patients, in their order. */
export async function current(name, patients) {
  const found = await read(name, patients, { status: 'CURRENT' })
  return patients.map(patient => found.get(patient)[0]?.node ?? null)
}

const encounterLists = ['stays', 'attendances', 'consultations', 'contacts']

/** What happened to many patients, in all sectors. */
export async function encounters(patients, { first }, sectors = everywhere) {
  const found = await Promise.all(encounterLists.map(name => {
    const held = lists[name].sectors.filter(sector => sectors.includes(sector))
    return held.length > 0 ? read(name, patients, { first }, held) : new Map()
  }))
  return patients.map(patient => page(found.flatMap(lists => lists.get(patient) ?? []).sort(newer), first))
}

/** Reads the parts of many entries, in their order; the entries may be of several sources. */
export async function partsOf(name, entries) {
  const bySector = Map.groupBy(entries, entry => entry.sector), found = new Map(), { from, columns: selected, node } = parts[name]
  await Promise.all([...bySector].map(async ([sector, of]) => {
    const { rows } = await sources[sector].pool.query({
      name: name.toLowerCase(),
      text: `SELECT v.nhs_number, v.parent_id, ${columns(selected)} FROM unnest($1::text[], $2::text[]) AS p(n, id) JOIN ${from} v ON v.nhs_number = p.n AND v.parent_id = p.id ORDER BY v.nhs_number, v.parent_id, v.position`,
      values: [of.map(entry => entry.patient), of.map(entry => entry.sourceId)],
    })
    for (const row of rows) {
      const key = `${sector} ${row.nhs_number} ${row.parent_id}`, all = found.get(key)
      if (all) all.push(node(row))
      else found.set(key, [node(row)])
    }
  }))
  return entries.map(entry => found.get(`${entry.sector} ${entry.patient} ${entry.sourceId}`) ?? [])
}

const age = (born, on) => {
  const [year, month, day] = born.split('-').map(Number)
  return on.getFullYear() - year - (on.getMonth() + 1 < month || on.getMonth() + 1 === month && on.getDate() < day ? 1 : 0)
}

/** Reads who many patients are, in their order; null for nobody. */
export async function people(patients) {
  const { rows } = await sources.DEMOGRAPHICS.pool.query({
    name: 'people', values: [patients],
    text: "SELECT nhs_number, coalesce(name_full, concat_ws(' ', array_to_string(name_given, ' '), name_family)) AS name_full, born_on, gender, died_at FROM person WHERE nhs_number = ANY ($1::text[])",
  })
  const found = new Map(rows.map(r => [r.nhs_number, {
    id: r.nhs_number, nhsNumber: r.nhs_number, name: { full: r.name_full }, dateOfBirth: r.born_on, gender: r.gender, age: r.born_on === null ? null : age(r.born_on, r.died_at ?? new Date()),
  }]))
  return patients.map(patient => found.get(patient) ?? null)
}

/** What each source answered; here all do. */
export const answers = () => config.sources.map(({ sector }) => ({ sector, organisation: sources[sector].organisation, state: 'ANSWERED', asOf: new Date() }))

/** A sector's own part of a record. */
export const sectorOf = patient => ({ ...status, patient: patient.nhsNumber })
