package record

// Consultation is a consultation in general practice (FHIR Encounter; GP Connect consultation).
type Consultation struct {
	Item
	HeldAt           DateTime
	HeldAtPrecision  Precision
	EndedAt          DateTime
	EndedAtPrecision Precision
	Kind             Code
	Medium           ContactMedium
	Reason           *Code
	Clinician        *Practitioner
	Location         Text
	Sections         []ConsultationSection
}

// Stand returns the place of the entry in its list.
func (x *Consultation) Stand() Stand { return standAt(x.HeldAt) }

// Codes visits every code of the entry.
func (x *Consultation) Codes(visit func(*Code)) {
	visit(&x.Kind)
	visit(x.Reason)
	for i := range x.Sections {
		x.Sections[i].Codes(visit)
	}
}

// Words visits every name and text of the entry.
func (x *Consultation) Words(visit func(string)) {
	visit(string(x.Location))
	for i := range x.Sections {
		x.Sections[i].Words(visit)
	}
	x.Clinician.words(visit)
}

// ConsultationSection is a heading of a consultation and what is recorded under it.
type ConsultationSection struct {
	Heading string
	Text    Text
	Entry   *Code
}

// Codes visits every code of the entry.
func (x *ConsultationSection) Codes(visit func(*Code)) {
	visit(x.Entry)
}

// Words visits every name and text of the entry.
func (x *ConsultationSection) Words(visit func(string)) {
	visit(string(x.Heading))
	visit(string(x.Text))
}

// ConsultationConnection is a page of Consultation entries.
type ConsultationConnection = Connection[*Consultation]

// ConsultationEdge is a Consultation entry with its cursor.
type ConsultationEdge = Edge[*Consultation]
