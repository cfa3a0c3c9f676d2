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

// leeway is how far two clocks may differ before a token counts as not yet valid. RFC
// 7519 allows no more than a few minutes, and less is safer. An expiry has no leeway:
// without it the error is on the safe side.
const leeway = 30 * time.Second

// lastDate is the last second of the year 9999. A later number is not a date.
const lastDate = 253402300799

// purposes are those that a token may state. The decision says which role may have
// which.
var purposes = []Purpose{
	Treatment, EmergencyTreatment, CareManagement, QualityImprovement, PatientAdministration, SystemAdministration,
}

// readClaims requires what makes a token this service's and in force. If other claims
// are missing or unfit, the principal lacks them, and the decision denies.
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

// meant reports whether aud, a string or a list of strings, contains the audience.
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

// maxText is the greatest length, in bytes, of a claim that is in every event of the
// audit trail. It is that of a sub (OpenID Connect Core, section 2).
const maxText = 255

// text returns a claim that is a string fit to show, or "". Characters that are not seen (control characters, formats
// such as zero-width spaces and changes of direction) and unpaired surrogates, which are decoded as U+FFFD, would let
// two people look alike in the audit trail. The joiners that some names need are allowed.
func text(v any) string {
	s, _ := v.(string)
	if len(s) > maxText || strings.TrimSpace(s) == "" || strings.ContainsFunc(s, unfit) {
		return ""
	}
	return s
}

func unfit(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r == utf8.RuneError || r != nonJoiner && r != joiner && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp))
}

// org returns a claim in the form of an ODS code, or "".
func org(v any) string {
	code, _ := v.(string)
	other := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	if len(code) < 3 || len(code) > 10 || strings.ContainsFunc(code, other) {
		return ""
	}
	return code
}

// purpose returns the only purpose of a claim, alone or in a list of one, or "".
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
