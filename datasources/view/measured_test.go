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
	names := append([]string{"n"}, words("id source_system organisation_ods organisation_name recorded_at recorded_at_day_only recorded_by_name recorded_by_role")...)
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
	for _, text := range []string{">10^5 cfu/mL", "<1e5 copies/mL", ">1E5 cfu/L", "<1:10", "<1 in 150", ">10*5/L", "<1/40", ">10⁵ cfu/mL", "<1'000"} {
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
