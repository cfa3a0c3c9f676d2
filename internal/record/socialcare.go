package record

// AllocatedWorker is a worker allocated to the person.
type AllocatedWorker struct {
	Item
	Name         Text
	Role         Text
	Team         Text
	Phone        Text
	Organisation *Organisation
	KeyWorker    *bool
	StartedOn    PartialDate
	EndedOn      PartialDate
}

// Stand returns the place of the entry in its list.
func (x *AllocatedWorker) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date the entry carries.
func (x *AllocatedWorker) Earliest() PartialDate { return earliest(x.StartedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *AllocatedWorker) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *AllocatedWorker) Words(visit func(string)) {
	visit(string(x.Name))
	visit(string(x.Role))
	visit(string(x.Team))
	visit(string(x.Phone))
	visit(x.Organisation.words())
}

// SupportReason is a primary support reason (Client Level Data).
type SupportReason struct {
	Item
	Reason    Code
	StartedOn PartialDate
	EndedOn   PartialDate
}

// Stand returns the place of the entry in its list.
func (x *SupportReason) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date the entry carries.
func (x *SupportReason) Earliest() PartialDate { return earliest(x.StartedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *SupportReason) Codes(visit func(*Code)) {
	visit(&x.Reason)
}

// Words visits every name and text of the entry.
func (x *SupportReason) Words(visit func(string)) {
}

// Circumstances is the circumstances of the person as the council holds them (Client Level Data, person).
type Circumstances struct {
	Item
	RecordedOn        PartialDate
	ClientType        *Code
	Accommodation     *Code
	Employment        *Code
	Funding           *Code
	HasUnpaidCarer    *bool
	Autism            *bool
	Dementia          *bool
	VisualImpairment  *bool
	HearingImpairment *bool
}

// Stand returns the place of the entry in its list.
func (x *Circumstances) Stand() Stand { return standOn(x.RecordedOn) }

// Earliest returns the earliest date the entry carries.
func (x *Circumstances) Earliest() PartialDate { return x.RecordedOn }

// Codes visits every code of the entry.
func (x *Circumstances) Codes(visit func(*Code)) {
	visit(x.ClientType)
	visit(x.Accommodation)
	visit(x.Employment)
	visit(x.Funding)
}

// Words visits every name and text of the entry.
func (x *Circumstances) Words(visit func(string)) {
}

// SocialCareService is a service or package of care (Client Level Data event of type service).
type SocialCareService struct {
	Item
	Kind             Code
	Component        *Code
	Delivery         *Code
	Description      Text
	Provider         Text
	ProviderLocation Text
	StartedOn        PartialDate
	EndedOn          PartialDate
	PlannedEndOn     PartialDate
	Status           EventStatus
	Outcome          *Code
	UnitsPerWeek     Decimal
	Unit             Text
	UnitCost         Decimal
}

// Stand returns the place of the entry in its list.
func (x *SocialCareService) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date the entry carries.
func (x *SocialCareService) Earliest() PartialDate {
	return earliest(x.StartedOn, x.EndedOn, x.PlannedEndOn)
}

// Codes visits every code of the entry.
func (x *SocialCareService) Codes(visit func(*Code)) {
	visit(&x.Kind)
	visit(x.Component)
	visit(x.Delivery)
	visit(x.Outcome)
}

// Words visits every name and text of the entry.
func (x *SocialCareService) Words(visit func(string)) {
	visit(string(x.Description))
	visit(string(x.Provider))
	visit(string(x.ProviderLocation))
	visit(string(x.Unit))
}

// SocialCareAssessment is an assessment (Client Level Data event of type assessment).
type SocialCareAssessment struct {
	Item
	Kind          Code
	Method        *Code
	StartedOn     PartialDate
	EndedOn       PartialDate
	Status        EventStatus
	EligibleNeeds []EligibleNeed
	Score         Decimal
	Summary       Text
	Assessor      *Practitioner
	Location      Text
	Outcome       *Code
}

// Stand returns the place of the entry in its list.
func (x *SocialCareAssessment) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date the entry carries.
func (x *SocialCareAssessment) Earliest() PartialDate { return earliest(x.StartedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *SocialCareAssessment) Codes(visit func(*Code)) {
	visit(&x.Kind)
	visit(x.Method)
	visit(x.Outcome)
}

// Words visits every name and text of the entry.
func (x *SocialCareAssessment) Words(visit func(string)) {
	visit(string(x.Summary))
	visit(string(x.Location))
	x.Assessor.words(visit)
}

// SocialCareRequest is a contact or request for support (Client Level Data event of type request).
type SocialCareRequest struct {
	Item
	Route       Code
	ReceivedOn  PartialDate
	EndedOn     PartialDate
	Description Text
	Status      EventStatus
	Outcome     *Code
}

// Stand returns the place of the entry in its list.
func (x *SocialCareRequest) Stand() Stand { return standOn(x.ReceivedOn) }

// Earliest returns the earliest date the entry carries.
func (x *SocialCareRequest) Earliest() PartialDate { return earliest(x.ReceivedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *SocialCareRequest) Codes(visit func(*Code)) {
	visit(&x.Route)
	visit(x.Outcome)
}

// Words visits every name and text of the entry.
func (x *SocialCareRequest) Words(visit func(string)) {
	visit(string(x.Description))
}

// SocialCareReview is a review (Client Level Data event of type review).
type SocialCareReview struct {
	Item
	Reason           Code
	Method           *Code
	StartedOn        PartialDate
	EndedOn          PartialDate
	OutcomesAchieved *Code
	Outcome          *Code
}

// Stand returns the place of the entry in its list.
func (x *SocialCareReview) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date the entry carries.
func (x *SocialCareReview) Earliest() PartialDate { return earliest(x.StartedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *SocialCareReview) Codes(visit func(*Code)) {
	visit(&x.Reason)
	visit(x.Method)
	visit(x.OutcomesAchieved)
	visit(x.Outcome)
}

// Words visits every name and text of the entry.
func (x *SocialCareReview) Words(visit func(string)) {
}

// Equipment is equipment or an adaptation of the home.
type Equipment struct {
	Item
	Supplied   Code
	SuppliedOn PartialDate
	EndedOn    PartialDate
	Detail     Text
}

// Stand returns the place of the entry in its list.
func (x *Equipment) Stand() Stand { return standOn(x.SuppliedOn) }

// Earliest returns the earliest date the entry carries.
func (x *Equipment) Earliest() PartialDate { return earliest(x.SuppliedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *Equipment) Codes(visit func(*Code)) {
	visit(&x.Supplied)
}

// Words visits every name and text of the entry.
func (x *Equipment) Words(visit func(string)) {
	visit(string(x.Detail))
}

// Carer is an unpaid carer.
type Carer struct {
	Item
	Name         Text
	Relationship Text
	Phone        Text
	HoursPerWeek *int
	MainCarer    *bool
	LivesWith    *bool
	Since        PartialDate
	EndedOn      PartialDate
	Under18      *bool // True for a child, false for an adult, null if the age is unknown.
}

// Stand returns the place of the entry in its list.
func (x *Carer) Stand() Stand { return standOn(x.Since) }

// Earliest returns the earliest date the entry carries.
func (x *Carer) Earliest() PartialDate { return earliest(x.Since, x.EndedOn) }

// Codes visits every code of the entry.
func (x *Carer) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *Carer) Words(visit func(string)) {
	visit(string(x.Name))
	visit(string(x.Relationship))
	visit(string(x.Phone))
}

// AboutMe is what the person wants staff to know (PRSB About Me).
type AboutMe struct {
	Item
	Heading    AboutMeHeading
	Text       Text
	RecordedOn PartialDate
}

// Stand returns the place of the entry in its list.
func (x *AboutMe) Stand() Stand { return standOn(x.RecordedOn) }

// Earliest returns the earliest date the entry carries.
func (x *AboutMe) Earliest() PartialDate { return x.RecordedOn }

// Codes visits every code of the entry.
func (x *AboutMe) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *AboutMe) Words(visit func(string)) {
	visit(string(x.Text))
}

// SafeguardingConcern is an adult safeguarding concern: that there is one, its dates and whom to call. It never has the
// narrative.
type SafeguardingConcern struct {
	Item
	RaisedOn  PartialDate
	EndedOn   PartialDate
	CallFirst Text
}

// Stand returns the place of the entry in its list.
func (x *SafeguardingConcern) Stand() Stand { return standOn(x.RaisedOn) }

// Earliest returns the earliest date the entry carries.
func (x *SafeguardingConcern) Earliest() PartialDate { return earliest(x.RaisedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *SafeguardingConcern) Codes(visit func(*Code)) {
}

// Words visits every name and text of the entry.
func (x *SafeguardingConcern) Words(visit func(string)) {
	visit(string(x.CallFirst))
}

// LegalMeasure is a legal measure: capacity assessment, deprivation of liberty safeguards, lasting power of attorney, deputy.
type LegalMeasure struct {
	Item
	Kind      Code
	StartedOn PartialDate
	EndedOn   PartialDate
	Decision  Text
	Holder    Text
}

// Stand returns the place of the entry in its list.
func (x *LegalMeasure) Stand() Stand { return standOn(x.StartedOn) }

// Earliest returns the earliest date the entry carries.
func (x *LegalMeasure) Earliest() PartialDate { return earliest(x.StartedOn, x.EndedOn) }

// Codes visits every code of the entry.
func (x *LegalMeasure) Codes(visit func(*Code)) {
	visit(&x.Kind)
}

// Words visits every name and text of the entry.
func (x *LegalMeasure) Words(visit func(string)) {
	visit(string(x.Decision))
	visit(string(x.Holder))
}

// EligibleNeed is an outcome of the Care Act (Care and Support (Eligibility Criteria) Regulations 2015).
type EligibleNeed string

// The values of EligibleNeed.
const (
	EligibleNeedNutrition      EligibleNeed = "NUTRITION"        // Managing and maintaining nutrition.
	EligibleNeedHygiene        EligibleNeed = "HYGIENE"          // Maintaining personal hygiene.
	EligibleNeedToilet         EligibleNeed = "TOILET"           // Managing toilet needs.
	EligibleNeedClothing       EligibleNeed = "CLOTHING"         // Being appropriately clothed.
	EligibleNeedSafeHome       EligibleNeed = "SAFE_HOME"        // Making use of the home safely.
	EligibleNeedHabitableHome  EligibleNeed = "HABITABLE_HOME"   // Maintaining a habitable home.
	EligibleNeedRelationships  EligibleNeed = "RELATIONSHIPS"    // Developing and maintaining relationships.
	EligibleNeedWorkEducation  EligibleNeed = "WORK_EDUCATION"   // Work, training, education or volunteering.
	EligibleNeedCommunity      EligibleNeed = "COMMUNITY"        // Making use of community facilities.
	EligibleNeedCaringForChild EligibleNeed = "CARING_FOR_CHILD" // Caring responsibilities for a child.
)

// AboutMeHeading is a heading of About Me (PRSB).
type AboutMeHeading string

// The values of AboutMeHeading.
const (
	AboutMeHeadingMostImportant   AboutMeHeading = "MOST_IMPORTANT"   // What is most important to me.
	AboutMeHeadingImportantPeople AboutMeHeading = "IMPORTANT_PEOPLE" // People who are important to me.
	AboutMeHeadingCommunication   AboutMeHeading = "COMMUNICATION"    // How I communicate and how to communicate with me.
	AboutMeHeadingPleaseDo        AboutMeHeading = "PLEASE_DO"        // Please do, and please do not.
	AboutMeHeadingWellness        AboutMeHeading = "WELLNESS"         // My wellness.
	AboutMeHeadingHowToSupport    AboutMeHeading = "HOW_TO_SUPPORT"   // How and when to support me.
	AboutMeHeadingAlsoKnow        AboutMeHeading = "ALSO_KNOW"        // Also worth knowing about me.
)

// AllocatedWorkerList is a list of AllocatedWorker entries.
type AllocatedWorkerList = List[*AllocatedWorker]

// SupportReasonList is a list of SupportReason entries.
type SupportReasonList = List[*SupportReason]

// CircumstancesList is a list of Circumstances entries.
type CircumstancesList = List[*Circumstances]

// SocialCareServiceList is a list of SocialCareService entries.
type SocialCareServiceList = List[*SocialCareService]

// SocialCareAssessmentList is a list of SocialCareAssessment entries.
type SocialCareAssessmentList = List[*SocialCareAssessment]

// SocialCareRequestList is a list of SocialCareRequest entries.
type SocialCareRequestList = List[*SocialCareRequest]

// SocialCareReviewList is a list of SocialCareReview entries.
type SocialCareReviewList = List[*SocialCareReview]

// EquipmentList is a list of Equipment entries.
type EquipmentList = List[*Equipment]

// CarerList is a list of Carer entries.
type CarerList = List[*Carer]

// AboutMeList is a list of AboutMe entries.
type AboutMeList = List[*AboutMe]

// SafeguardingConcernList is a list of SafeguardingConcern entries.
type SafeguardingConcernList = List[*SafeguardingConcern]

// LegalMeasureList is a list of LegalMeasure entries.
type LegalMeasureList = List[*LegalMeasure]
