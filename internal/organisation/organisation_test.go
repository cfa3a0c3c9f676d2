package organisation_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"carerecord/internal/organisation"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

func TestLineage(t *testing.T) {
	directory := organisation.Default()
	tests := []struct {
		name string
		ods  string
		on   record.Date
		want []string
	}{
		{"North Middlesex is Royal Free's from 2025", "RAL", "2025-01-01", []string{"RAL", "RAP"}},
		{"the day before it is not", "RAL", "2024-12-31", []string{"RAL"}},
		{"what was merged does not have the others", "RAP", "2026-01-01", []string{"RAP"}},
		{"two mental health trusts became one", "G6V2S", "2024-11-01", []string{"G6V2S", "RRP", "TAF"}},
		{"the board merged in April 2026", "Z9B2Z", "2026-04-01", []string{"QMJ", "Z9B2Z"}},
		{"the day before the board had not", "Z9B2Z", "2026-03-31", []string{"Z9B2Z"}},
		{"a code that is not there is its own", "A00000", "2026-04-01", []string{"A00000"}},
		{"no code has no lineage", "", "2026-04-01", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := directory.Lineage(test.ods, test.on)
			if len(got) > 0 && got[0] != test.ods {
				t.Errorf("the first is %s, not the organisation itself", got[0])
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLineageOfLineage(t *testing.T) {
	directory, err := organisation.New([]organisation.Organisation{
		{ODSCode: "A", Name: "a", Role: organisation.AcuteTrust, ValidTo: "2020-12-31", Successor: "B"},
		{ODSCode: "B", Name: "b", Role: organisation.AcuteTrust, ValidTo: "2022-12-31", Successor: "C"},
		{ODSCode: "C", Name: "c", Role: organisation.AcuteTrust},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"C", "B", "A"}, directory.Lineage("C", "2023-01-01")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"C"}, directory.Lineage("C", "2022-12-31")); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsAreReportedAtOnce(t *testing.T) {
	_, err := organisation.New([]organisation.Organisation{
		{ODSCode: "A", Name: "a", Role: organisation.AcuteTrust, ValidTo: "2020-12-31", Successor: "B"},
		{ODSCode: "B", Name: "b", Role: organisation.AcuteTrust, ValidTo: "2020-12-31", Successor: "A"},
		{ODSCode: "C", Name: "c", Role: organisation.AcuteTrust, ValidTo: "2020-12-31", Successor: "X"},
		{ODSCode: "D", Name: "d", Role: organisation.AcuteTrust},
		{ODSCode: "D", Name: "d", Role: organisation.AcuteTrust},
		{ODSCode: "E", Name: "e", Role: "SHOP", ValidFrom: "2021-01-01", ValidTo: "2020-01-01"},
		{ODSCode: "F", Name: "f", Role: organisation.AcuteTrust, Successor: "D"},
		{ODSCode: "G", Name: "", Role: organisation.AcuteTrust},
	})
	if !errors.Is(err, record.ErrInvalid) {
		t.Fatal(err)
	}
	for _, fault := range []string{
		"A succeeds itself", "B succeeds itself", "succeeded by X, which is not there", "D is written twice",
		"E has no role", "E ends before it begins", "F is succeeded by D but does not end", `"G" "" needs a code and a name`,
	} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("%q is not in: %v", fault, err)
		}
	}
}

// Codes are compared letter by letter, so one that is written otherwise would
// silently be nobody's: a predecessor's relationships and its staff's events would be lost.
func TestCodesAreWrittenAsEverybodyWritesThem(t *testing.T) {
	for code, sound := range map[string]bool{"RAP": true, "F83999": true, "8HK": true, "RAP ": false, "rap": false, "R P": false, "RAP\u00a0": false, "R%d": false} {
		_, err := organisation.New([]organisation.Organisation{{ODSCode: code, Name: "a", Role: organisation.AcuteTrust}})
		if sound != (err == nil) || !sound && !strings.Contains(err.Error(), code+" is no ODS code") {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestASuccessorIsThereOnTheDayAfter(t *testing.T) {
	for _, tt := range []struct {
		name     string
		from, to record.Date // of the successor; the other one ends with 2024
		fault    string
	}{
		{"from then on", "2025-01-01", "", ""},
		{"since ever", "", "", ""},
		{"from a day later", "2025-01-02", "", "is not there on the day after"},
		{"on that day alone", "2025-01-01", "2025-01-01", ""},
		{"until the day before", "", "2024-12-31", "is not there on the day after"},
		{"from a day after its end", "2025-01-02", "2025-01-01", "ends before it begins"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := organisation.New([]organisation.Organisation{
				{ODSCode: "A", Name: "a", Role: organisation.AcuteTrust, ValidTo: "2024-12-31", Successor: "B"},
				{ODSCode: "B", Name: "b", Role: organisation.AcuteTrust, ValidFrom: tt.from, ValidTo: tt.to},
			})
			if (tt.fault == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("%v, want %q", err, tt.fault)
			}
		})
	}
}

func TestRead(t *testing.T) {
	const header = "ods_code,name,role,valid_from,valid_to,successor,gss_code,invented\n"
	got, err := organisation.Read(strings.NewReader("# where it is from\n" + header + "RAP, \"A, B\",ACUTE_TRUST,,2024-12-31,RAL,,\nX1,C,COUNCIL,,,,E09,yes\n"))
	want := []organisation.Organisation{
		{ODSCode: "RAP", Name: "A, B", Role: organisation.AcuteTrust, ValidTo: "2024-12-31", Successor: "RAL"},
		{ODSCode: "X1", Name: "C", Role: organisation.Council, GSSCode: "E09", Invented: true},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	_, err = organisation.Read(strings.NewReader(header + "A,a,COUNCIL,yesterday,,,,\nB,b\nC,c\"d,COUNCIL,,,,,\nD,d,COUNCIL,,,,,perhaps\n"))
	for _, fault := range []string{"line 2", "line 3", "line 4", "line 5"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s is not in: %v", fault, err)
		}
	}
	for _, text := range []string{"", "code\n", strings.Replace(header, "ods_code", "code", 1)} {
		if _, err := organisation.Read(strings.NewReader(text)); !errors.Is(err, record.ErrInvalid) || !strings.HasSuffix(err.Error(), "the header line is "+strings.TrimSpace(header)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	cut := errors.New("the disk is gone")
	for _, text := range []string{"", header, header + "A,a,COUNCIL,,,,,\n"} {
		if got, err := organisation.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(cut))); got != nil || !errors.Is(err, cut) {
			t.Errorf("cut off after %q: %v, %v", text, got, err)
		}
	}
}

func TestBuiltIn(t *testing.T) {
	directory := organisation.Default()
	for _, code := range []string{"RAL", "RAP", "RRV", "RKE", "RAN", "RP6", "RP4", "TAF", "RRP", "G6V2S", "RNK", "RV3", "RWK", "RAT", "QMJ", "Z9B2Z", "F83999", "X1BAR"} {
		if _, ok := directory.Find(code); !ok {
			t.Errorf("%s is not there", code)
		}
	}
	councils := 0
	all := directory.All()
	if !slices.IsSortedFunc(all, func(a, b organisation.Organisation) int { return strings.Compare(a.ODSCode, b.ODSCode) }) {
		t.Error("not by code")
	}
	for _, o := range all {
		invented := o.Role == organisation.Council || o.Role == organisation.Practice || o.Role == organisation.SystemHost
		if invented != o.Invented {
			t.Errorf("%s: invented is %t", o.ODSCode, o.Invented)
		}
		if o.GSSCode != "" {
			councils++
		}
	}
	if councils != 5 {
		t.Errorf("%d councils", councils)
	}
}
