package resolvers_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
	"carerecord/resolvers"
)

// A cursor opens as it was written for the caller and the field it was written for. Every other use fails with the same
// error.
func FuzzCursor(f *testing.F) {
	root := resolvers.New(resolvers.Options{
		CursorKey: []byte("a cursor key of the tests"), Policy: consent.Default(), Sources: []resolvers.Source{{Name: "GP/F83004", Sector: record.GP}},
	})
	grant := func(version int64) consent.Grant {
		g, ok := consent.Decision{Outcome: consent.Shown, Patient: number(1), Classes: consent.AllClasses, Version: version}.Grant()
		if !ok {
			f.Fatal("no grant")
		}
		return g
	}
	now, later := grant(1), grant(2)
	p := auth.Principal{Subject: "u", Org: "F83004", Role: auth.OptOutOfficer, Purpose: auth.PatientAdministration}
	other := p
	other.Subject = "v"
	page, place := root.Cursor("results", now, "x"), root.Seal(p, "accessLog", "17")
	for _, seed := range []string{page, place, page[:len(page)-1], place + "A", page + "\n", place[:5] + "\r\n" + place[5:], "", "====", base64.RawURLEncoding.EncodeToString(make([]byte, 16)), base64.RawURLEncoding.EncodeToString([]byte("sixteen bytes...{\"i\":\"x\"}"))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := root.Open(text, "results", now)
		if (err == nil) != (text == page) || err == nil && id != "x" || err != nil && !errors.Is(err, resolvers.ErrCursor) {
			t.Errorf("%q opens a page: %q, %v", text, id, err)
		}
		if _, err := root.Open(text, "results", later); !errors.Is(err, resolvers.ErrCursor) {
			t.Errorf("%q opens after consent has changed: %v", text, err)
		}
		if _, err := root.Open(text, "documents", now); !errors.Is(err, resolvers.ErrCursor) {
			t.Errorf("%q opens another list: %v", text, err)
		}
		if at := root.Unseal(p, "accessLog", text); (at == "17") != (text == place) || at != "" && at != "17" {
			t.Errorf("%q opens a place: %q", text, at)
		}
		if at := root.Unseal(other, "accessLog", text); at != "" {
			t.Errorf("%q opens for somebody else: %q", text, at)
		}
	})
}

// A cursor is accepted up to a maximum length, which exceeds that of any of ours.
func TestTheLongestCursor(t *testing.T) {
	root := resolvers.New(resolvers.Options{CursorKey: []byte("a cursor key of the tests"), Policy: consent.Default(), Sources: []resolvers.Source{{Name: "GP/F83004", Sector: record.GP}}})
	grant, _ := consent.Decision{Outcome: consent.Shown, Patient: number(1), Classes: consent.AllClasses}.Grant()
	short, err := base64.RawURLEncoding.DecodeString(root.Cursor("results", grant, ""))
	check(t, err)
	longest := record.ID(strings.Repeat("x", 16<<10-len(short)))
	for id, want := range map[record.ID]error{longest: nil, longest + "x": resolvers.ErrCursor} {
		if got, err := root.Open(root.Cursor("results", grant, id), "results", grant); !errors.Is(err, want) || err == nil && got != id {
			t.Errorf("of %d letters: %d letters, %v", len(id), len(got), err)
		}
	}
}

// Older cursors stay valid: the payload is written as encoding/json writes it.
func TestACursorIsWrittenAsJSON(t *testing.T) {
	for _, at := range []int64{0, 1, -1, 1 << 60} {
		for _, gaps := range [][]int{nil, {0}, {3, 0, 41}} {
			for _, id := range []record.ID{"", "aZ09-_", `a"\b`, "<&>", "é\u2028"} {
				for _, dated := range []bool{false, true} {
					for _, length := range []int{0, 4, 11} {
						written, marshalled := resolvers.Payload(at, dated, length, id, gaps...)
						var a, b any
						if json.Unmarshal([]byte(written), &a) != nil || json.Unmarshal([]byte(marshalled), &b) != nil || !reflect.DeepEqual(a, b) {
							t.Errorf("%s, want %s", written, marshalled)
						}
						if plain := !strings.ContainsAny(string(id), "<>&\u2028"); plain && written != marshalled {
							t.Errorf("%s, want %s", written, marshalled)
						}
					}
				}
			}
		}
	}
}

// A change of any one thing that a cursor is bound to invalidates it: the caller, the rules, the sources.
func TestWhatCursorsAreBoundTo(t *testing.T) {
	hospital, gp := newFake(record.Acute, "RAL"), newFake(record.GP, "F83999")
	c, _, _ := newFakes(t, hospital, gp)
	someone := auth.Principal{Subject: "s", Org: "F83999", Role: auth.GeneralPractitioner, Purpose: auth.Treatment}
	root := func(change func(*resolvers.Options)) *resolvers.Root {
		options := c.options
		options.Sources = slices.Clone(options.Sources)
		change(&options)
		return resolvers.New(options)
	}
	as := func(change func(*auth.Principal)) auth.Principal {
		p := someone
		change(&p)
		return p
	}
	same := root(func(*resolvers.Options) {})
	callers, places := map[string]string{same.CallerOf(someone): "the same"}, map[string]string{same.SignPlace(someone, "list", "9"): "the same"}
	policy := *c.options.Policy
	policy.Version = "another"
	for name, x := range map[string]struct {
		root *resolvers.Root
		p    auth.Principal
		own  bool // of lists of our own too
	}{
		"another person":           {same, as(func(p *auth.Principal) { p.Subject = "t" }), true},
		"another organisation":     {same, as(func(p *auth.Principal) { p.Org = "RAL" }), true},
		"another role":             {same, as(func(p *auth.Principal) { p.Role = auth.HospitalDoctor }), true},
		"another purpose":          {same, as(func(p *auth.Principal) { p.Purpose = auth.EmergencyTreatment }), true},
		"another policy":           {root(func(o *resolvers.Options) { o.Policy = &policy }), someone, true},
		"fewer sources":            {root(func(o *resolvers.Options) { o.Sources = o.Sources[:1] }), someone, false},
		"sources in another order": {root(func(o *resolvers.Options) { slices.Reverse(o.Sources) }), someone, false},
	} {
		caller := x.root.CallerOf(x.p)
		if other, twice := callers[caller]; twice {
			t.Errorf("%s is as %s", name, other)
		}
		callers[caller] = name
		if place := x.root.SignPlace(x.p, "list", "9"); x.own {
			if other, twice := places[place]; twice {
				t.Errorf("a list of our own: %s is as %s", name, other)
			}
			places[place] = name
		}
	}
	if !strings.Contains(same.CallerOf(someone), c.options.Exclusions.Version()) {
		t.Error("a cursor is not bound to the list of what is never shown")
	}
	for _, other := range []string{same.SignPlace(someone, "another list", "9"), same.SignPlace(someone, "list", "8")} {
		if before, twice := places[other]; twice {
			t.Errorf("another list or place is as %s", before)
		}
	}
}
