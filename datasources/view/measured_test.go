package view

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"carerecord/internal/fetch"
	"carerecord/internal/record"
)

// valueOf reads a vital sign whose value columns are these, by the production reader.
func valueOf(t *testing.T, text, quantity, comparator, limit string) *record.Value {
	t.Helper()
	source := &Source{Sector: record.Acute, Org: &record.Organisation{ODSCode: "RAL", Name: "A trust"}, name: "ACUTE/RAL",
		ids: record.NewIdentifier([]byte("row")), sites: map[[2]string]*record.Organisation{}, usual: map[fetch.Kind]*[variants]usual{fetch.VitalSigns: new([variants]usual)}}
	types := all[fetch.VitalSigns].describe(source)[0]
	values := make([][]byte, len(types))
	names := append([]string{"n"}, names("id source_system organisation_ods organisation_name recorded_at recorded_at_day_only recorded_by_name recorded_by_role")...)
	names = append(names, vitalSignView.list()...)
	if len(names) != len(types) {
		t.Fatal(len(names), len(types))
	}
	set := map[string]string{"id": "1", "sign_display": "A sign", "value_text": text, "value_quantity": quantity, "value_comparator": comparator, "value_limit": limit}
	for i, name := range names {
		if v := set[name]; v != "" && types[i] == pgtype.TextOID {
			values[i] = []byte(v)
		}
	}
	values[0] = binary.BigEndian.AppendUint64(nil, 1)
	ask := &fetch.Ask{Kind: fetch.VitalSigns, Subjects: &fetch.Subjects{Patients: []record.NHSNumber{"9990000018"}}}
	w := &wave{source: source, memory: memory{columns: new(columns)}}
	a, _, err := all[fetch.VitalSigns].collect(w, &rowsOf{statements: [][][][]byte{{values}}}, &job{ask: ask, usual: source.usually(ask)})
	if err != nil {
		t.Fatal(err)
	}
	rows := fetch.RowsOf[record.VitalSign](a).Of(0)
	if len(rows) != 1 {
		t.Fatalf("%q: not read: %+v", text, a)
	}
	return rows[0].Value
}

// A bound that is a power, a ratio or a part is not its first number.
func TestBoundsThatAreNoPlainNumber(t *testing.T) {
	if v := valueOf(t, "<3 mmol/L", "", "", ""); v.Limit != "3" {
		t.Fatalf("the way of asking: %+v", v)
	}
	for _, text := range []string{">10^5 cfu/mL", "<1e5 copies/mL", ">1E5 cfu/L", "<1:10", "<1 in 150", ">10*5/L", "<1/40", ">10⁵ cfu/mL", "<1'000", "<05 IU/L", "<003", "> 00.5", "<-01", "<" + strings.Repeat("9", 301)} {
		if v := valueOf(t, text, "", "", ""); v.Limit != "" {
			t.Errorf("%q has the comparator %q and the limit %q", text, v.Comparator, v.Limit)
		}
	}
}

// A number is never shown without the comparator that stands beside it, in whichever spelling.
func TestAComparatorBesideANumber(t *testing.T) {
	for _, comparator := range []string{"<", "≤", " >=", "lt", "less than", "~"} {
		for _, columns := range [][3]string{{"3", "", ""}, {"3.0 mg/L", "3.0", ""}, {"3", "", "3"}, {"", "3", ""}, {" 3 in 10", "", ""}, {"-3", "-3", ""}, {"3e5", "", ""}} {
			v := valueOf(t, columns[0], columns[1], comparator, columns[2])
			if said := strings.TrimSpace(comparator); !strings.Contains(string(v.Text), said) && (v.Text != "" || v.Comparator == "") || v.Quantity != "" || (v.Comparator == "") != (v.Limit == "") {
				t.Errorf("%q with %q: shown as %+v", columns, comparator, *v)
			}
		}
	}
}

// What a number is multiplied by is a part of the unit where the unit's column says so.
func TestTheBoundOfACount(t *testing.T) {
	for _, x := range []struct {
		text, unit string
		limit      record.Decimal
	}{
		{"<0.1 x10^9/L", "10*9/L", "0.1"}, {"<0.1 10*9/L", "10*9/L", ""}, {"<0.1x10⁹/L", "x10^9/L", "0.1"}, {"<0.1 x10^9/L", "/L", ""}, {"<0.1 e9/L", "10*9/L", ""},
		{"<5 %", "%", "5"}, {"<5mg/L", "mg/L", "5"}, {"<5 (low)", "", "5"}, {"<5 /hpf", "/hpf", "5"}, {"<5 or 6", "", ""}, {"<5 eq/L", "", "5"}, {"<5 to go", "", "5"},
	} {
		comparator, limit, ok := boundOf(x.text, x.unit)
		if limit != x.limit || ok != (limit != "") || ok != (comparator == "<") {
			t.Errorf("%q in %q: %q %q", x.text, x.unit, comparator, limit)
		}
	}
}

// What becomes of each column: text, quantity, comparator and bound.
func TestValuesWithComparators(t *testing.T) {
	for name, x := range map[string]struct {
		text, quantity, comparator, limit string
		want                              record.Value
	}{
		"a number":                       {"3", "3", "", "", record.Value{Text: "3", Quantity: "3"}},
		"a power, with a quantity":       {">10^5 cfu/mL", "10", "", "", record.Value{Text: ">10^5 cfu/mL"}},
		"a unit that is a power":         {"<0.1 10*9/L", "0.1", "", "", record.Value{Text: "<0.1 10*9/L"}},
		"a titre, with a quantity":       {"≥ 1:80", "80", "", "", record.Value{Text: "≥ 1:80"}},
		"a bound and a flag":             {"<3 - repeat", "3", "", "3", record.Value{Text: "<3 - repeat"}},
		"an expected bound of no number": {"3 (target <5)", "3", "", "", record.Value{Text: "3 (target <5)", Quantity: "3"}},
		"signs without a bound":          {"< than before", "3", "", "", record.Value{Text: "< than before", Quantity: "3"}},
		"said in the text alone":         {" <3 mmol/L", "3", "", "", record.Value{Text: " <3 mmol/L", Comparator: "<", Limit: "3"}},
		"a bound without a comparator":   {"≥3", "", "", "4", record.Value{Text: "≥3", Comparator: ">=", Limit: "3"}},
		"both columns":                   {"about", "", "<", "3", record.Value{Text: "about", Comparator: "<", Limit: "3"}},
		"both, and the text another":     {">5", "", "<", "3", record.Value{Text: ">5", Comparator: "<", Limit: "3"}},
		"no bound but in the text":       {">5", "", "<", "", record.Value{Text: ">5", Comparator: ">", Limit: "5"}},
		"a word, and the text says it":   {"<=5", "", "at most", "4", record.Value{Text: "<=5", Comparator: "<=", Limit: "5"}},
		"the quantity is the bound":      {"", "3", "<", "", record.Value{Comparator: "<", Limit: "3"}},
		"the bound before the quantity":  {"", "4", "<", "3", record.Value{Comparator: "<", Limit: "3"}},
		"the text is the bound":          {"3 mmol/L", "", ">=", "", record.Value{Text: ">=3 mmol/L", Comparator: ">=", Limit: "3"}},
		"the quantity before the text":   {"3 mmol/L", "3.0", ">=", "", record.Value{Text: ">=3 mmol/L", Comparator: ">=", Limit: "3.0"}},
		"a part of something":            {" 1 in 150", "", "<", "", record.Value{Text: "<1 in 150"}},
		"a word without a text":          {"", "3", "about", "", record.Value{Text: "about 3"}},
		"a comparator alone":             {"", "", "<", "", record.Value{Text: "<"}},
		"a word before a number":         {"3", "3", "about", "", record.Value{Text: "about 3"}},
		"a word beside words":            {"roughly 3", "3", "about", "3", record.Value{Text: "roughly 3"}},
		"equal":                          {"3", "3", " = ", "", record.Value{Text: "3", Quantity: "3"}},
		"equal, with a bound beside":     {"<3", "3", "=", "", record.Value{Text: "<3", Comparator: "<", Limit: "3"}},
		"a sign of its own before words": {"none seen", "", "<", "", record.Value{Text: "none seen"}},
	} {
		if got := valueOf(t, x.text, x.quantity, x.comparator, x.limit); *got != x.want {
			t.Errorf("%s: %+v, want %+v", name, *got, x.want)
		}
	}
}

// A reason is FHIR's, one that FHIR has not is unknown, and there need be none.
func TestAbsentReasons(t *testing.T) {
	for code, want := range map[string]record.AbsentReason{"": "", "asked-unknown": "ASKED_UNKNOWN", "MASKED": "MASKED", "lost in the post": "UNKNOWN"} {
		if got := absentReason(code); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}

// A range without anything in it is none.
func TestRanges(t *testing.T) {
	r := &row{kind: "result", memory: &memory{columns: new(columns)}}
	r.load(cells("3", "5", "3 to 5", "", "", "", nil, nil, nil))
	if whole, empty, none := r.Range(), r.Range(), r.Range(); whole == nil || *whole != (record.ReferenceRange{Low: "3", High: "5", Text: "3 to 5"}) || empty != nil || none != nil {
		t.Errorf("%v %v %v", whole, empty, none)
	}
}
