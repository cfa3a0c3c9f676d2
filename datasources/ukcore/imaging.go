package ukcore

import (
	"encoding/json"
	"slices"
	"strings"

	"carerecord/internal/fetch"
	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

type imagingStudy struct {
	Status, Started string
	Modality        []fhir.Coding
	ProcedureCode   []fhir.Concept
	NumberOfSeries  json.Number
	Instances       json.Number `json:"numberOfInstances"`
	Description     string
	Series          []struct {
		Modality             fhir.Coding
		BodySite, Laterality fhir.Coding
		Description, Started string
	}
}

func (c *chart) readImaging(r *fhir.Resource) {
	x, ok := fhir.Decode[imagingStudy](r, c.cannotRead)
	if !ok || withdrawn(x.Status) || x.Status == "cancelled" {
		return
	}
	item, e := c.item(fetch.Imaging, r, r.ID)
	s := record.ImagingStudy{
		Item: item, Procedure: fhir.FirstOf(x.ProcedureCode), Status: fhir.Mapped(resultStatuses, x.Status, record.ResultStatusUnknown),
		SeriesCount: number(x.NumberOfSeries), ImageCount: number(x.Instances),
	}
	about, started, places := []string{x.Description}, []string{x.Started}, []string(nil)
	for _, series := range x.Series {
		x.Modality = append(x.Modality, series.Modality)
		if !slices.Contains(about, series.Description) {
			about = append(about, series.Description)
		}
		started = append(started, series.Started)
		site, side := coded(series.BodySite), coded(series.Laterality)
		if s.BodySite == nil {
			s.BodySite = site
		}
		if place := fhir.Joined(", ", wordsIn(site), wordsIn(side)); place != "" && !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if len(places) != 1 || places[0] != wordsIn(s.BodySite) {
		about = append(about, fhir.Prefixed("Body site: ", strings.Join(places, "; ")))
	}
	for _, m := range x.Modality {
		if s.Modality == nil {
			s.Modality = coded(m)
		}
	}
	s.Description = fhir.Notes(nil, about...)
	s.StartedAt, s.StartedAtPrecision = e.Moment(started...)
	put(c, &c.imaging, s, e)
}
