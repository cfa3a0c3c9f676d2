package view

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/record"
)

// Report is the report an entry belongs to.
func (r *row) Report() *record.ReportReference {
	if r.empty(2) {
		return nil
	}
	id, title := r.symbol(), r.Text()
	if id == "" {
		return nil
	}
	return &record.ReportReference{ID: r.source.ids.Item(r.source.name, "report", r.patient, id), Title: record.Text(title)}
}

// Summary is the document an entry refers to.
func (r *row) Summary() *record.DocumentReference {
	if r.empty(4) {
		return nil
	}
	id, title := r.symbol(), r.Text()
	at, precision := r.Moment()
	if id == "" {
		return nil
	}
	return &record.DocumentReference{ID: r.source.ids.Document(r.source.name, r.patient, id), Title: record.Text(title), WrittenAt: at, WrittenAtPrecision: precision}
}

// envelope is the columns every entry begins with, after the subject's number.
const envelope = "id, source_system, organisation_ods, organisation_name, recorded_at, recorded_at_day_only, recorded_by_name, recorded_by_role"

// Item reads the envelope.
func (r *row) Item(item *record.Item) {
	r.id = r.symbol()
	if r.id == "" {
		r.fail("an entry without its id")
	}
	p := &item.Provenance
	p.Sector, p.SourceID, p.SourceSystem = r.source.Sector, r.id, record.Text(r.Text())
	p.Organisation = r.recordedBy()
	p.RecordedAt, p.RecordedAtPrecision = r.Moment()
	p.RecordedBy = r.Practitioner()
	switch {
	case r.types != nil:
	case r.kind == "document":
		item.ID = r.source.ids.Document(r.source.name, r.patient, r.id)
	default:
		var id [32]byte
		item.ID = record.ID(r.texts.keep(r.source.ids.AppendItem(id[:0], r.source.name, r.kind, r.patient, r.id)))
	}
}

// recordedBy is the organisation that recorded an entry: the source's own where none is named.
func (r *row) recordedBy() *record.Organisation {
	if r.empty(2) {
		return r.source.Org
	}
	first := r.next
	named := [2]string{r.Text(), r.Text()}
	if named == [2]string{} {
		return r.source.Org
	}
	m := &r.made[first]
	if m.organisation == nil || m.named != named {
		m.organisation, m.named = r.source.organisation(named[0], named[1]), named
	}
	return m.organisation
}

// Content is a document's content: as text where it is, whatever its label, else in base64.
func (r *row) Content() (text, encoded record.Text) {
	raw := r.raw(pgtype.ByteaOID)
	if !bytes.HasPrefix(raw, []byte("%PDF")) && utf8.Valid(raw) && !bytes.Contains(raw, []byte{0}) {
		text := string(raw)
		r.look.words(text)
		return record.Text(text), ""
	}
	return "", record.Text(base64.StdEncoding.EncodeToString(raw))
}
