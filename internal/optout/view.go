package optout

import (
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"carerecord/internal/consent"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	catalogue
	Heading     string
	Error       bool // the title says so first
	Here        string
	Style, Icon string
	Languages   []link
	Draft       string // the note, in English, that a translation is a draft
	Ask         string
	Freepost    []string

	Form      *formView // nil except on the form
	Reference string    // "" except on the confirmation
	Text      string    // "" except on a page with one message
}

// Say returns the words for a key.
func (p page) Say(key string) string { return p.say(key) }

// Lang returns the code of the page's language.
func (p page) Lang() string { return p.lang }

type link struct {
	Code, Name, Path string
	Current          bool
}

// formView is the form as it is shown.
type formView struct {
	Token    string
	Summary  []problem
	Kind, By choices
	Born     born

	Name, Postcode, Number          field
	RepName, Relationship, Evidence field
	Contact                         field
}

// problem is a line of the summary; Field is "" for the form as a whole.
type problem struct{ Field, Text string }

// field is a text field.
type field struct {
	ID, Label, Hint, Value, Error string
	Prefix                        string // put before the error, for screen readers
	Class, Autocomplete, Mode     string
}

// DescribedBy returns the ids of the hint and the error.
func (f field) DescribedBy() string { return describedBy(f.ID, f.Hint, f.Error) }

func describedBy(id, hint, fault string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, id+"-hint")
	}
	if fault != "" {
		ids = append(ids, id+"-error")
	}
	return strings.Join(ids, " ")
}

// choices is a question with its answers.
type choices struct {
	ID, Legend, Hint, Error, Prefix string
	Items                           []choice
}

// DescribedBy returns the ids of the hint and the error.
func (c choices) DescribedBy() string { return describedBy(c.ID, c.Hint, c.Error) }

type choice struct {
	ID, Value, Label string
	Checked          bool
}

// born is the three fields of a date.
type born struct {
	Legend, Hint, Error, Prefix string
	Parts                       []field
}

// DescribedBy returns the ids of the hint and the error.
func (b born) DescribedBy() string { return describedBy("born", b.Hint, b.Error) }

func pathOf(lang string) string {
	if lang == english {
		return Path
	}
	return Path + "/" + lang
}

func (s *server) page(text catalogue, heading string) page {
	p := page{
		catalogue: text, Heading: text.say(heading), Here: pathOf(text.lang), Style: assets.path(".css"), Icon: assets.path(".svg"),
		Ask: text.say("ask_nobody"),
	}
	if s.Phone != "" {
		p.Ask = text.say("ask", "{phone}", s.Phone)
	}
	if text.draft {
		p.Draft = s.texts[english].say("draft")
	}
	if s.Freepost != "" {
		p.Freepost = strings.Split(strings.TrimSpace(s.Freepost), "\n")
	}
	for _, language := range languages {
		other := s.texts[language.code]
		p.Languages = append(p.Languages, link{language.code, other.say("language"), pathOf(language.code), language.code == text.lang})
	}
	return p
}

func (s *server) donePage(text catalogue, reference string) page {
	p := s.page(text, "done_title")
	p.Reference = reference
	return p
}

func (s *server) plainPage(text catalogue, heading, words string) page {
	p := s.page(text, heading)
	p.Text = text.say(words)
	return p
}

func (s *server) formPage(text catalogue, f form, faults []fault) page {
	p := s.page(text, "title")
	p.Error = len(faults) > 0
	w := writer{text, map[string]string{}}
	var summary []problem
	for _, fault := range faults {
		words := w.fault(fault)
		w.faults[fault.field] = words
		summary = append(summary, problem{anchor(fault.field), words})
	}
	p.Form = w.form(f)
	p.Form.Summary = summary
	return p
}

// anchor returns the id that a line of the summary links to.
func anchor(field string) string {
	switch field {
	case "kind", "by":
		return field + "-1"
	}
	return field
}

// writer makes the parts of the form in one language.
type writer struct {
	catalogue
	faults map[string]string // by field; the last one, if it has several
}

// fault returns a fault in words. It names the field without the remark in brackets.
func (w writer) fault(f fault) string {
	if f.of == "" {
		return w.say(f.key)
	}
	name, _, _ := strings.Cut(w.say(f.of), " (")
	return w.say(f.key, "{field}", name, "{max}", strconv.Itoa(f.max))
}

func (w writer) form(f form) *formView {
	kinds := []string{string(consent.AskOptOut), string(consent.AskChangeOfMind)}
	return &formView{
		Token:        f.token,
		Kind:         w.choices("kind", "", f.kind, kinds),
		By:           w.choices("by", w.say("by_hint"), f.by, consent.Askers),
		Name:         w.field("name", f.name, "", "name", ""),
		Born:         w.born(f),
		Postcode:     w.field("postcode", f.postcode, "nhsuk-input--width-10", "postal-code", ""),
		Number:       w.field("number", f.number, "nhsuk-input--width-10", "off", "numeric"),
		RepName:      w.bare("rep_name", f.repName),
		Relationship: w.field("relationship", f.relationship, "", "off", ""),
		Evidence:     w.field("evidence", f.evidence, "", "off", ""),
		Contact:      w.field("contact", f.contact, "", "off", ""),
	}
}

func (w writer) field(id, value, class, autocomplete, mode string) field {
	f := w.bare(id, value)
	f.Hint, f.Class, f.Autocomplete, f.Mode = w.say(id+"_hint"), class, autocomplete, mode
	return f
}

// bare is a field without a hint.
func (w writer) bare(id, value string) field {
	return field{ID: id, Label: w.say(id), Value: value, Error: w.faults[id], Prefix: w.say("error_prefix"), Autocomplete: "off"}
}

func (w writer) choices(id, hint, value string, values []string) choices {
	c := choices{ID: id, Legend: w.say(id), Hint: hint, Error: w.faults[id], Prefix: w.say("error_prefix")}
	for i, v := range values {
		c.Items = append(c.Items, choice{id + "-" + strconv.Itoa(i+1), v, w.say(id + "_" + v), v == value})
	}
	return c
}

func (w writer) born(f form) born {
	b := born{Legend: w.say("born"), Hint: w.say("born_hint"), Prefix: w.say("error_prefix")}
	for _, part := range []struct{ id, value, class, autocomplete string }{
		{"day", f.day, "nhsuk-input--width-2", "bday-day"}, {"month", f.month, "nhsuk-input--width-2", "bday-month"}, {"year", f.year, "nhsuk-input--width-4", "bday-year"},
	} {
		one := w.bare(part.id, part.value)
		one.Class, one.Autocomplete, one.Mode = part.class, part.autocomplete, "numeric"
		b.Parts = append(b.Parts, one)
		if b.Error == "" {
			b.Error = one.Error
		}
	}
	return b
}

// write answers with a page.
func (s *server) write(w http.ResponseWriter, r *http.Request, status int, p page) {
	var text strings.Builder
	if err := pageTemplate.Execute(&text, p); err != nil {
		s.Logger.ErrorContext(r.Context(), "opt-out form: making a page", "error", err)
		http.Error(w, "the page could not be made; try again later", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.lang)
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(status)
	w.Write([]byte(text.String()))
}
