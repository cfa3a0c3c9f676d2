// Which field of the schema reads what: the lists, the single values and the parts of entries.
export const fields = {
  Patient: {
    allergies: 'allergies', medications: 'medications', problems: 'problems', immunisations: 'immunisations', procedures: 'procedures', results: 'results',
    vitalSigns: 'vitalSigns', documents: 'documents', carePlans: 'carePlans', careTeam: 'careTeam',
  },
  AcuteRecord: { stays: ['stays', ['ACUTE']], attendances: 'attendances' },
  GPRecord: { consultations: 'consultations' },
  MentalHealthRecord: { carePlans: ['carePlans', ['MENTAL_HEALTH']], assessments: 'mentalHealthAssessments', contacts: 'contacts' },
  SocialCareRecord: { services: 'services', assessments: 'socialCareAssessments', requests: 'requests' },
}

export const singles = {
  MentalHealthRecord: { careCoordinator: 'careCoordinators', legalStatus: 'legalStatuses' },
  SocialCareRecord: { allocatedWorker: 'allocatedWorkers', primarySupportReason: 'supportReasons' },
}

export const parts = {
  Allergy: { reactions: 'reactions' },
  VitalSign: { components: 'components' },
  CarePlan: { sections: 'sections' },
  Stay: { diagnoses: 'stayDiagnoses', procedures: 'stayProcedures' },
  Attendance: { diagnoses: 'attendanceDiagnoses' },
}
