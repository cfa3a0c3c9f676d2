package auth

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// leeway is how far two clocks may differ before a token counts as not yet
// valid: RFC 7519 asks for no more than a few minutes, and less is safer. An
// expiry has none: it errs on the safe side already.
const leeway = 30 * time.Second

// lastDate is the end of the year 9999, after which a number is no date.
const lastDate = 253402300799

// purposes are the ones a token may state; the decision says which role may.
var purposes = []Purpose{
	Treatment, EmergencyTreatment, CareManagement, QualityImprovement, PatientAdministration, SystemAdministration,
}

// readClaims asks for what makes a token this service's and in force. What the
// rest of the claims lack leaves the principal without, for the decision to deny.
func (v *Verifier) readClaims(data []byte, at time.Time) (*verified, error) {
	m, err := object(data)
	if err != nil {
		return nil, errJSON
	}
	if iss, _ := m["iss"].(string); iss == "" || iss != v.issuer {
		return nil, errIssuer
	}
	if !meant(m["aud"], v.audience) {
		return nil, errAudience
	}
	sub := text(m["sub"])
	if sub == "" {
		return nil, errSubject
	}
	found, err := readDates(m, at)
	if err != nil {
		return nil, err
	}
	found.principal.Subject = sub
	found.principal.Name = text(m["name"])
	found.principal.Org = org(m["org"])
	found.principal.Role = Role(text(m["role"]))
	found.principal.Purpose = purpose(m["purpose"])
	found.principal.TokenID = text(m["jti"])
	return found, nil
}

// meant reports whether aud, a string or a list of strings, holds the audience.
func meant(aud any, audience string) bool {
	if audience == "" {
		return false
	}
	if one, ok := aud.(string); ok {
		return one == audience
	}
	list, _ := aud.([]any)
	for _, each := range list {
		if _, ok := each.(string); !ok {
			return false
		}
	}
	return slices.Contains(list, any(audience))
}

func readDates(m map[string]any, at time.Time) (*verified, error) {
	expires, ok := date(m["exp"])
	if !ok {
		return nil, errNoExpiry
	}
	found := &verified{principal: Principal{ExpiresAt: expires}}
	if has(m, "nbf") {
		if found.notBefore, ok = date(m["nbf"]); !ok {
			return nil, errDate
		}
	}
	if has(m, "iat") {
		issued, ok := date(m["iat"])
		if !ok {
			return nil, errDate
		}
		if at.Add(leeway).Before(issued) {
			return nil, errFuture
		}
	}
	return found, found.inForce(at)
}

// date reads a NumericDate: seconds since 1970, whole or not (RFC 7519 section 2).
func date(v any) (time.Time, bool) {
	number, _ := v.(json.Number)
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > lastDate {
		return time.Time{}, false
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), true
}

// maxText is how long a claim may be that stands in every event of the audit trail, in
// bytes: as long as a sub may be (OpenID Connect Core, section 2).
const maxText = 255

// text is a claim that is a string worth showing, or "". Control characters and
// halves of characters would let two people look alike in the audit trail.
func text(v any) string {
	s, _ := v.(string)
	unfit := func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }
	if len(s) > maxText || strings.TrimSpace(s) == "" || strings.ContainsFunc(s, unfit) {
		return ""
	}
	return s
}

// org is a claim in the form of an ODS code, or "".
func org(v any) string {
	code, _ := v.(string)
	other := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	if len(code) < 3 || len(code) > 10 || strings.ContainsFunc(code, other) {
		return ""
	}
	return code
}

// purpose is the one purpose of a claim, alone or in a list of one, or "".
func purpose(v any) Purpose {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	s, _ := v.(string)
	if !slices.Contains(purposes, Purpose(s)) {
		return ""
	}
	return Purpose(s)
}
