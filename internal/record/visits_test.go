package record_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carerecord/internal/record"
)

// entries is one of each type of entry.
var entries = []record.RecordItem{
	&record.AboutMe{}, &record.Absence{}, &record.AdvanceDecision{}, &record.Alert{}, &record.Allergy{}, &record.AllocatedWorker{}, &record.Appointment{}, &record.Attendance{},
	&record.CareCluster{}, &record.CareContact{}, &record.CareCoordinator{}, &record.CarePlan{}, &record.CareTeamMember{}, &record.Carer{}, &record.Circumstances{},
	&record.CommunityTreatmentOrder{}, &record.ConditionalDischarge{}, &record.Consultation{}, &record.Contact{}, &record.DelayedDischarge{}, &record.Device{}, &record.Document{},
	&record.DocumentContent{}, &record.Equipment{}, &record.ImagingStudy{}, &record.Immunisation{}, &record.LegalMeasure{}, &record.LegalStatus{}, &record.Medication{},
	&record.MentalHealthAssessment{}, &record.Need{}, &record.Problem{}, &record.Procedure{}, &record.Referral{}, &record.Report{}, &record.ResponsibleClinician{}, &record.Result{},
	&record.SafeguardingConcern{}, &record.SocialCareAssessment{}, &record.SocialCareRequest{}, &record.SocialCareReview{}, &record.SocialCareService{}, &record.Stay{},
	&record.StaySummary{}, &record.SupportReason{}, &record.VitalSign{},
}

// unspoken are fields that say nothing in anybody's own words: states, ids, and content that is no text.
func unspoken(field reflect.StructField) bool {
	return strings.HasSuffix(field.Name, "Precision") || slices.Contains([]string{"AbsentReason", "Severity", "Significance", "ID", "SourceID", "ODSCode", "Base64"}, field.Name)
}

// A filled is what was put into an entry: every code by its place, every text with its path.
type filled struct {
	codes map[*record.Code]string
	texts map[string]string
}

var (
	codeType = reflect.TypeFor[record.Code]()
	itemType = reflect.TypeFor[record.Item]()
)

// fill puts a text of its own into everything that carries codes and words.
func (f *filled) fill(v reflect.Value, path string) {
	switch v.Type() {
	case itemType:
		return
	case codeType:
		code := v.Addr().Interface().(*record.Code)
		code.Display = path
		f.codes[code] = path
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && !unspoken(field) {
				f.fill(v.Field(i), path+"."+field.Name)
			}
		}
	case reflect.String:
		switch v.Type() {
		case reflect.TypeFor[record.Text](), reflect.TypeFor[string]():
			v.SetString(path)
			f.texts[path] = path
		}
	}
}

// Every code and every text that an entry carries is visited, so that all of it can be looked at: what is never shown may stand in any.
func TestEverythingAnEntryCarriesIsVisited(t *testing.T) {
	for _, kind := range entries {
		entry := reflect.New(reflect.TypeOf(kind).Elem()).Interface().(record.RecordItem)
		name := strings.TrimPrefix(fmt.Sprintf("%T", entry), "*record.")
		entry.Codes(func(code *record.Code) {
			if code != nil && *code != (record.Code{}) {
				t.Errorf("%s: a code in an entry that has none: %v", name, code)
			}
		})
		entry.Words(func(text string) {
			if text != "" {
				t.Errorf("%s: a text in an entry that has none: %q", name, text)
			}
		})
		f := filled{map[*record.Code]string{}, map[string]string{}}
		f.fill(reflect.ValueOf(entry).Elem(), name)
		entry.Codes(func(code *record.Code) { delete(f.codes, code) })
		entry.Words(func(text string) { delete(f.texts, text) })
		for _, path := range f.codes {
			t.Errorf("%s is not visited", path)
		}
		for path := range f.texts {
			t.Errorf("%s is not visited", path)
		}
	}
}

// datesIn are the dates of an entry and of its parts, one of each part; those of its envelope are not among them.
func datesIn(v reflect.Value, path string, visit func(string, reflect.Value)) {
	switch v.Type() {
	case itemType, codeType:
		return
	case reflect.TypeFor[record.PartialDate](), reflect.TypeFor[record.Date](), reflect.TypeFor[record.DateTime]():
		visit(path, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		datesIn(v.Elem(), path, visit)
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			datesIn(v.Index(i), path, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			datesIn(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	}
}

// An entry of adult social care with any date of childhood is of childhood, and so is a part of a plan; SQL sources go by the
// same dates (sourcetest).
func TestEveryDateOfAdultSocialCareCounts(t *testing.T) {
	set := func(v reflect.Value, day record.Date) {
		if v.Type() == reflect.TypeFor[record.DateTime]() {
			v.Set(reflect.ValueOf(record.At(day.Midnight())))
			return
		}
		v.SetString(string(day))
	}
	types, dates := 0, 0
	for _, kind := range entries {
		if _, ok := kind.(interface{ Earliest() record.PartialDate }); !ok {
			continue
		}
		types++
		made := func(early string) (entry record.RecordItem, paths []string) {
			entry = reflect.New(reflect.TypeOf(kind).Elem()).Interface().(record.RecordItem)
			datesIn(reflect.ValueOf(entry).Elem(), fmt.Sprintf("%T", entry), func(path string, v reflect.Value) {
				paths = append(paths, path)
				set(v, map[bool]record.Date{true: "2010-06-14", false: "2010-06-15"}[path == early])
			})
			return entry, paths
		}
		late, paths := made("")
		if !record.OfAdulthood(late, "2010-06-15") {
			t.Errorf("%T, all of it from the 18th birthday, is of childhood", late)
		}
		for change, x := range map[string]record.Item{
			"is recorded":       {Provenance: record.Provenance{RecordedAt: record.At(record.Date("2010-06-15").Midnight().Add(-time.Second))}},
			"has an older date": {Oldest: "2010-06"},
		} {
			early, _ := made("")
			*record.Envelope(early) = x
			if record.OfAdulthood(early, "2010-06-15") {
				t.Errorf("%T that %s in childhood is not of childhood", early, change)
			}
		}
		for _, path := range paths {
			dates++
			entry, _ := made(path)
			if !record.OfAdulthood(entry, "2010-06-15") {
				continue
			}
			kept := true
			if plan, ok := entry.(*record.CarePlan); ok {
				kept = false
				datesIn(reflect.ValueOf(plan.SinceAdult("2010-06-15")).Elem(), "", func(_ string, v reflect.Value) {
					day, _ := v.Interface().(record.PartialDate)
					at, _ := v.Interface().(record.DateTime)
					kept = kept || day == "2010-06-14" || !at.IsZero() && record.Today(at.Time) == "2010-06-14"
				})
			}
			if kept {
				t.Errorf("%s of childhood does not count", path)
			}
		}
		if n := testing.AllocsPerRun(100, func() { record.OfAdulthood(late, "2010-06-15") }); n > 0 {
			t.Errorf("%T: %.0f allocations", late, n)
		}
	}
	if types < 20 || dates < 40 {
		t.Errorf("%d types with %d dates", types, dates)
	}
}

// No type of entry is missing above.
func TestEveryTypeOfEntryIsKnown(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "Stand" || f.Recv == nil {
				continue
			}
			of := f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			if of == "ListNote" { // shown as a state; who says it is looked at by its provenance
				continue
			}
			known++
			if !slices.ContainsFunc(entries, func(x record.RecordItem) bool { return fmt.Sprintf("%T", x) == "*record."+of }) {
				t.Errorf("%s", of)
			}
		}
	}
	if known < 40 {
		t.Errorf("%d types", known)
	}
}
