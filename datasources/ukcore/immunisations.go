package ukcore

import (
	"cmp"
	"encoding/json"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type immunization struct {
	Status, Recorded       string
	StatusReason           *fhir.Concept
	IsSubpotent            bool
	SubpotentReason        []fhir.Concept
	VaccineCode            *fhir.Concept
	OccurrenceDateTime     string
	OccurrenceString       string
	Location, Manufacturer fhir.Reference
	LotNumber              string
	ExpirationDate         string
	Site, Route            *fhir.Concept
	DoseQuantity           *fhir.Quantity
	Performer              []vaccinator
	ProtocolApplied        []struct {
		DoseNumberPositiveInt json.Number
		DoseNumberString      string
	}
	Reaction []struct {
		Date   string
		Detail fhir.Reference
	}
	ReasonCode      []fhir.Concept
	ReasonReference references
	Note            []fhir.Annotation
	Extension       []fhir.Extension
}

// A vaccinator is a performer of an immunisation, with their function.
type vaccinator struct {
	Function *fhir.Concept
	Actor    fhir.Reference
}

// givers returns those who may have given the vaccine.
func (x *immunization) givers() (actors []fhir.Reference) {
	for _, p := range fhir.GivenBy(x.Performer, func(p *vaccinator) *fhir.Concept { return p.Function }) {
		actors = append(actors, p.Actor)
	}
	return actors
}

// reactions is what followed the vaccine, one reaction a line.
func (x *immunization) reactions(e *envelope) string {
	var all []string
	for _, r := range x.Reaction {
		if of, stands := e.referent(r.Detail); stands {
			all = append(all, fhir.Joined(": ", "Reaction", fhir.Joined(", ", cmp.Or(r.Detail.Display, of.Code.Words()), string(e.Day(r.Date)))))
		}
	}
	return strings.Join(all, "\n")
}

// reasons are why the vaccine was given.
func (x *immunization) reasons(e *envelope) string {
	all := []string{wordsOf(x.ReasonCode)}
	for _, ref := range x.ReasonReference {
		all = append(all, wordsIn(e.reason(nil, references{ref})))
	}
	return fhir.Prefixed("Reason: ", fhir.Joined(", ", all...))
}

// readImmunisation reads an immunisation. It leaves out a vaccine that was not given, which must not read
// as given.
func (c *chart) readImmunisation(r *fhir.Resource) {
	x, ok := fhir.Decode[immunization](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Status == "not-done" {
		return
	}
	item, e := c.item(fetch.Immunisations, r, r.ID)
	e.recorded(&item, x.Recorded)
	i := record.Immunisation{
		Item: item, Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown), StatusReason: x.StatusReason.Ptr(),
		Procedure: extended(x.Extension, "VaccinationProcedure").Ptr(), GivenOn: e.Day(x.OccurrenceDateTime),
		DoseQuantity: record.Text(x.DoseQuantity.String()), Site: x.Site.Ptr(), Route: x.Route.Ptr(), Batch: record.Text(x.LotNumber),
		Manufacturer: record.Text(e.place(x.Manufacturer)), ExpiresOn: e.Day(x.ExpirationDate), GivenBy: e.performer(x.givers()...),
		Location: record.Text(e.place(x.Location)), Note: fhir.Notes(x.Note, fhir.Prefixed("Given: ", x.OccurrenceString), x.reasons(e), x.reactions(e)),
	}
	if x.VaccineCode.Unsaid() && i.Procedure != nil { // the product is unknown, but what was done is known
		i.Vaccine = record.Code{Display: i.Procedure.Display}
	} else {
		i.Vaccine = e.Code(x.VaccineCode)
	}
	if x.IsSubpotent { // it was given, but protects less than a full dose
		i.StatusReason = &record.Code{Display: strings.TrimSuffix("Subpotent dose: "+wordsOf(x.SubpotentReason), ": ")}
	}
	if len(x.ProtocolApplied) > 0 {
		i.Dose = record.Text(cmp.Or(x.ProtocolApplied[0].DoseNumberString, x.ProtocolApplied[0].DoseNumberPositiveInt.String()))
	}
	put(c, &c.immunisations, i, e)
}

type device struct {
	Status                    string
	Type                      *fhir.Concept
	DeviceName                []struct{ Name string }
	Manufacturer, ModelNumber string
	LotNumber, SerialNumber   string
	DistinctIdentifier        string
	ExpirationDate            string
	Safety                    []fhir.Concept
	UDICarrier                []struct{ DeviceIdentifier, CarrierHRF string } `json:"udiCarrier"`
}

// readDevice reads a device that names its patient. Its DeviceUseStatement says when they got it.
func (c *chart) readDevice(r *fhir.Resource) { c.addDevice(r, deviceUse{}, r.ID) }

type deviceUse struct {
	Status         string
	Device         fhir.Reference
	TimingPeriod   fhir.Period
	TimingDateTime string
	RecordedOn     string
	Source         fhir.Reference
	BodySite       *fhir.Concept
	byItself       bool
}

// readDeviceUse reads the use of a device. If the device names its patient, device and use make one entry,
// which readDevice adds.
func (c *chart) readDeviceUse(r *fhir.Resource) {
	x, ok := fhir.Decode[deviceUse](r, c.cannotRead)
	if !ok || withdrawn(x.Status) {
		return
	}
	of := c.resource(x.Device)
	switch {
	case of == nil && x.Device.Display != "":
		item, e := c.item(fetch.Devices, r, r.ID)
		e.recorded(&item, x.RecordedOn, x.Source)
		put(c, &c.devices, x.on(record.Device{Item: item, Device: record.Code{Display: x.Device.Display}}, "", e), e)
	case of == nil:
		c.cannotRead(r.Type)
	case c.byKey[of.Key()] != nil: // readDevice reads it
	default:
		x.byItself = true
		c.addDevice(of, x, r.ID)
	}
}

// useOf returns the use of a device that names its patient.
func (c *chart) useOf(r *fhir.Resource) deviceUse {
	if c.uses == nil {
		c.readUses()
	}
	return c.uses[r]
}

// readUses collects the uses of devices: the active one of a device, or the last.
func (c *chart) readUses() {
	c.uses = map[*fhir.Resource]deviceUse{}
	c.each("DeviceUseStatement", func(c *chart, r *fhir.Resource) {
		x, ok := fhir.Decode[deviceUse](r, c.cannotRead)
		if of := c.find(x.Device.Reference); ok && of != nil && of.MayBe(x.Device.Reference) && !withdrawn(x.Status) && c.uses[of].Status != "active" {
			c.uses[of] = x
		}
	})
}

func (c *chart) addDevice(r *fhir.Resource, use deviceUse, id string) {
	x, ok := known[device](c, r)
	if !ok || withdrawn(x.Status) {
		return
	}
	if !use.byItself {
		use = c.useOf(r)
	}
	name := ""
	if len(x.DeviceName) > 0 {
		name = x.DeviceName[0].Name
	}
	if x.Type.Empty() {
		x.Type = &fhir.Concept{Text: name}
	}
	item, e := c.item(fetch.Devices, r, id)
	e.recorded(&item, use.RecordedOn, use.Source)
	d := record.Device{
		Item: item, Device: e.Code(x.Type), Status: fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown), Manufacturer: record.Text(x.Manufacturer),
		Model: record.Text(cmp.Or(x.ModelNumber, name)), Lot: record.Text(x.LotNumber), Serial: record.Text(x.SerialNumber), ExpiresOn: e.Day(x.ExpirationDate),
		UDI: record.Text(x.DistinctIdentifier),
	}
	for _, u := range x.UDICarrier {
		d.UDI = record.Text(cmp.Or(u.CarrierHRF, u.DeviceIdentifier, string(d.UDI)))
		break
	}
	put(c, &c.devices, use.on(d, wordsOf(x.Safety), e), e)
}

// on sets from when to when a device is in use, its status, and in its words where it is and how safe. A
// device in working order need not be in use.
func (x *deviceUse) on(d record.Device, safety string, e *envelope) record.Device {
	if more := fhir.Joined("; ", safety, fhir.Prefixed("body site: ", x.BodySite.Words())); more != "" {
		d.Device = worded(d.Device, d.Device.Display+" ("+more+")")
	}
	d.SuppliedOn, d.EndedOn = e.Day(x.TimingDateTime, x.TimingPeriod.Start), e.Day(x.TimingPeriod.End)
	switch used := fhir.Mapped(eventStatuses, x.Status, record.EventStatusUnknown); d.Status {
	case "", record.EventStatusUnknown:
		d.Status = used
	case record.EventStatusInProgress:
		if used != record.EventStatusUnknown {
			d.Status = used
		}
	}
	return d
}
