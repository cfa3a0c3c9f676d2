package consent

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"carerecord/internal/auth"
	"carerecord/internal/record"
)

// Duty is something that a role may do other than read a patient's record.
type Duty string

// The duties.
const (
	BreakGlass    Duty = "BREAK_GLASS"   // open a record in an emergency, without a relationship
	Caseloads     Duty = "CASELOADS"     // list the patients in care with a long-term condition
	ReadAccessLog Duty = "ACCESS_LOG"    // read who looked at records, for the staff of their own organisation
	KeepOptOuts   Duty = "OPT_OUTS"      // record, withdraw and list opt-outs
	Population    Duty = "POPULATION"    // read the anonymised population
	Develop       Duty = "INTROSPECTION" // read the schema and the sources' states
	everyClass         = record.Class("ALL")
)

var duties = []Duty{BreakGlass, Caseloads, ReadAccessLog, KeepOptOuts, Population, Develop}

var purposes = []auth.Purpose{
	auth.Treatment, auth.EmergencyTreatment, auth.CareManagement,
	auth.QualityImprovement, auth.PatientAdministration, auth.SystemAdministration,
}

// Rights is what one role may do, and for which purposes.
type Rights struct {
	Purposes []auth.Purpose
	Classes  ClassSet // empty for a role that reads no records
	Duties   []Duty
}

// Constants are the named numbers of the policy. Days are calendar days in London, to the second: a window of 90 days ends
// at the same time of day even if the clocks change in between.
type Constants struct {
	ReferralTouchedDays  int // an open referral counts this long after it was last touched
	StayAfterDays        int // a stay counts this long after it ended
	AppointmentBackDays  int // an appointment counts this long after its time
	AppointmentAheadDays int // and this long before
	AdultAge             int // from this age adult social care is shown
	ProxyReviewAge       int // at this age a parent's access is reviewed; no code reads it
	OwnChoiceAge         int // from this age a young person objects on their own
	AdultAccessAge       int // from this age the adult rules of access apply
	BreakGlassMinutes    int // how long a break-glass grant lasts
}

// Policy is the role table, the named constants and the suspensions of one version. It does not change after LoadPolicy.
type Policy struct {
	Version string
	Constants
	Suspensions []Suspension // none unless the law says so
	roles       map[auth.Role]Rights
}

//go:embed policy.json
var embedded []byte

// Default returns the built-in policy: the contract's table.
func Default() *Policy {
	policy, err := LoadPolicy(bytes.NewReader(embedded))
	if err != nil {
		panic(err)
	}
	return policy
}

// Rights returns what a role may do, and whether the policy knows the role.
func (p *Policy) Rights(role auth.Role) (Rights, bool) {
	if p == nil {
		return Rights{}, false
	}
	rights, ok := p.roles[role]
	return rights, ok
}

// Classes returns what the principal may see of a patient in care, and whether they may see anything. They may not with an
// unknown role, a role that reads no records, a purpose that does not fit the role, or without a subject or an organisation.
// Call it before any look-up, so that a refusal is the same for every number.
func (p *Policy) Classes(who auth.Principal) (ClassSet, bool) {
	rights, ok := p.Rights(who.Role)
	if !ok || who.Subject == "" || who.Org == "" || !slices.Contains(rights.Purposes, who.Purpose) {
		return ClassSet{}, false
	}
	return rights.Classes, !rights.Classes.IsEmpty()
}

// May reports whether the principal's role, for their purpose, has a duty.
func (p *Policy) May(who auth.Principal, duty Duty) bool {
	rights, ok := p.Rights(who.Role)
	return ok && who.Subject != "" && who.Org != "" &&
		slices.Contains(rights.Purposes, who.Purpose) && slices.Contains(rights.Duties, duty)
}

// GrantLives returns how long a break-glass grant lasts.
func (p *Policy) GrantLives() time.Duration { return time.Duration(p.BreakGlassMinutes) * time.Minute }

// horizon returns how far from now the times of a relationship can matter, with two days to spare for time zones and clocks.
func (p *Policy) horizon() time.Duration {
	days := max(p.StayAfterDays, p.AppointmentBackDays, p.AppointmentAheadDays) + 2
	return time.Duration(days) * 24 * time.Hour
}

// policyFile is the policy as written. Roles are a list, so that a role that is written twice is noticed.
type policyFile struct {
	Version     string
	Constants   map[string]int
	Suspensions []Suspension
	Roles       []struct {
		Role     auth.Role
		Purposes []auth.Purpose
		Classes  []record.Class
		Duties   []Duty
	}
}

// LoadPolicy reads a policy from JSON. The class ALL stands for every class. The error is record.ErrInvalid. Text that can
// be decoded has all its faults reported at once.
func LoadPolicy(r io.Reader) (*Policy, error) {
	var file policyFile
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: reading the policy: %w", record.ErrInvalid, err)
	}
	if name := twice(text); name != "" {
		return nil, fmt.Errorf("%w: the policy says %q twice in one place; leave one out", record.ErrInvalid, name)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: reading the policy: %w", record.ErrInvalid, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: the policy goes on after its end", record.ErrInvalid)
	}
	policy := &Policy{Version: file.Version, Suspensions: file.Suspensions, roles: make(map[auth.Role]Rights, len(file.Roles))}
	faults := append(policy.addConstants(file.Constants), policy.addRoles(file)...)
	for i, s := range file.Suspensions {
		faults = append(faults, s.faults(i+1)...)
	}
	if file.Version == "" {
		faults = append(faults, errors.New("the policy has no version"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: policy: %w", record.ErrInvalid, errors.Join(faults...))
	}
	return policy, nil
}

// twice returns a name that a JSON object has twice, ignoring case. Readers differ in which of two members they take, and
// encoding/json mixes two lists. It returns "" if there is none, or if the text is not JSON: the decoder reports that.
func twice(text []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var open []map[string]bool // by depth: the names of an object, nil for a list
	name := false              // whether a name comes next
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		switch token {
		case json.Delim('{'):
			open, name = append(open, map[string]bool{}), true
			continue
		case json.Delim('['):
			open, name = append(open, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if said, isText := token.(string); isText && name {
			key := strings.ToLower(said)
			if open[len(open)-1][key] {
				return said
			}
			open[len(open)-1][key] = true
			name = false
			continue
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

func (p *Policy) addConstants(written map[string]int) (faults []error) {
	places := map[string]*int{
		"referralTouchedDays":  &p.ReferralTouchedDays,
		"stayAfterDays":        &p.StayAfterDays,
		"appointmentBackDays":  &p.AppointmentBackDays,
		"appointmentAheadDays": &p.AppointmentAheadDays,
		"adultAge":             &p.AdultAge,
		"proxyReviewAge":       &p.ProxyReviewAge,
		"ownChoiceAge":         &p.OwnChoiceAge,
		"adultAccessAge":       &p.AdultAccessAge,
		"breakGlassMinutes":    &p.BreakGlassMinutes,
	}
	for _, name := range sortedKeys(written) {
		if places[name] == nil {
			faults = append(faults, fmt.Errorf("there is no constant %q", name))
		}
	}
	for _, name := range sortedKeys(places) {
		value, ok := written[name]
		least, most := 1, 10_000
		switch name {
		case "adultAge": // whatever the policy: the service holds nothing of children's social care
			least = 18
		case "breakGlassMinutes":
			most = 60
		}
		if !ok || value < least || value > most {
			faults = append(faults, fmt.Errorf("constant %s must be a number from %d to %d", name, least, most))
			continue
		}
		*places[name] = value
	}
	return faults
}

func (p *Policy) addRoles(file policyFile) (faults []error) {
	if len(file.Roles) == 0 {
		faults = append(faults, errors.New("the policy has no roles"))
	}
	for i, row := range file.Roles {
		if row.Role == "" {
			faults = append(faults, fmt.Errorf("role %d has no name", i+1))
			continue
		}
		if _, twice := p.roles[row.Role]; twice {
			faults = append(faults, fmt.Errorf("role %s is written twice", row.Role))
		}
		if len(row.Purposes) == 0 {
			faults = append(faults, fmt.Errorf("role %s has no purpose", row.Role))
		}
		faults = append(faults, unknown(row.Role, "purpose", row.Purposes, purposes)...)
		faults = append(faults, unknown(row.Role, "class", row.Classes, append([]record.Class{everyClass}, record.Classes...))...)
		faults = append(faults, unknown(row.Role, "duty", row.Duties, duties)...)
		rights := Rights{Purposes: row.Purposes, Classes: ClassSetOf(row.Classes...), Duties: row.Duties}
		if slices.Contains(row.Classes, everyClass) {
			rights.Classes = AllClasses
		}
		if slices.Contains(row.Duties, BreakGlass) && rights.Classes.IsEmpty() {
			faults = append(faults, fmt.Errorf("role %s may break the glass but reads no records", row.Role))
		}
		p.roles[row.Role] = rights
	}
	return faults
}

func unknown[T ~string](role auth.Role, what string, written, allowed []T) (faults []error) {
	for _, value := range written {
		if !slices.Contains(allowed, value) {
			faults = append(faults, fmt.Errorf("role %s: there is no %s %q", role, what, value))
		}
	}
	return faults
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
