// The four subgraphs and their schemas: the values of schema/values.graphql, shareable, and what each sector adds to a patient.
import { readFileSync } from 'node:fs'

const clinical = { allergies: 'allergies', medications: 'medications', problems: 'problems', immunisations: 'immunisations', procedures: 'procedures', results: 'results', vitalSigns: 'vitalSigns' }
const common = { documents: 'documents', carePlans: 'carePlans', careTeam: 'careTeam' }

export const sectors = {
  acute: { sector: 'ACUTE', field: 'acute', type: 'AcuteRecord', lists: { ...clinical, ...common, stays: 'stays', attendances: 'attendances' }, encounters: true },
  gp: { sector: 'GP', field: 'gp', type: 'GPRecord', lists: { ...clinical, ...common, consultations: 'consultations' }, encounters: true, people: true },
  mentalhealth: { sector: 'MENTAL_HEALTH', field: 'mentalHealth', type: 'MentalHealthRecord', lists: { ...clinical, ...common, assessments: 'mentalHealthAssessments', contacts: 'contacts', stays: 'stays' }, encounters: true, singles: true },
  socialcare: { sector: 'SOCIAL_CARE', field: 'socialCare', type: 'SocialCareRecord', lists: { ...common, services: 'services', assessments: 'socialCareAssessments', requests: 'requests' }, singles: true },
}

const types = {
  allergies: 'allergies(status: AllergyFilter = ACTIVE): AllergyList!', medications: 'medications(status: MedicationFilter): MedicationList!', problems: 'problems(status: ProblemFilter): ProblemList!',
  immunisations: 'immunisations: ImmunisationList!', procedures: 'procedures: ProcedureList!', results: 'results(first: Int = 20): ResultList!', vitalSigns: 'vitalSigns(first: Int = 20): VitalSignList!',
  documents: 'documents(first: Int = 20): DocumentList!', carePlans: 'carePlans: CarePlanList!', careTeam: 'careTeam: CareTeamList!',
  stays: 'stays(first: Int = 20): StayList!', attendances: 'attendances(first: Int = 20): AttendanceList!', consultations: 'consultations(first: Int = 20): ConsultationList!',
  mentalHealthAssessments: 'assessments: MentalHealthAssessmentList!', contacts: 'contacts(first: Int = 20): CareContactList!',
  services: 'services: SocialCareServiceList!', socialCareAssessments: 'assessments: SocialCareAssessmentList!', requests: 'requests: SocialCareRequestList!',
}

const singleTypes = {
  MentalHealthRecord: 'careCoordinator: CareCoordinator legalStatus: LegalStatus',
  SocialCareRecord: 'allocatedWorker: AllocatedWorker primarySupportReason: Code',
}

const values = readFileSync(new URL('schema/values.graphql', import.meta.url), 'utf8').replaceAll(/^type (\w+) \{/gm, 'type $1 @shareable {')

export function schemaOf(name) {
  const { field, type, lists, encounters, singles, people } = sectors[name]
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
${values}
type Patient @key(fields: "nhsNumber") {
  nhsNumber: NHSNumber!
  ${people ? 'id: ID! name: HumanName dateOfBirth: PartialDate gender: String age: Int' : ''}
  ${field}: ${type}!
}
type ${type} {
  state: State! complete: Boolean! gaps: [Gap!]!
  ${singles ? singleTypes[type] : ''}
  ${Object.values(lists).map(list => types[list]).join('\n  ')}
  ${encounters ? 'encounters(first: Int = 20): EncounterList!' : ''}
}
${people ? 'type Query { patient(nhsNumber: NHSNumber!): Patient patients(nhsNumbers: [NHSNumber!]!): [Patient]! }' : ''}`
}
