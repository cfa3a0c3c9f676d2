// Package auth turns a bearer token into the principal who asks.
package auth

import (
	"context"
	"errors"
	"time"
)

// ErrUnauthenticated says that there is no token, or one that is not accepted.
var ErrUnauthenticated = errors.New("not signed in")

// Role is what the principal does, as the identity provider states it.
type Role string

// Purpose is why the principal asks: an HL7 v3 ActReason code.
type Purpose string

// The purposes a token may state.
const (
	Treatment             Purpose = "TREAT"
	EmergencyTreatment    Purpose = "ETREAT"
	CareManagement        Purpose = "CAREMGT"
	QualityImprovement    Purpose = "HQUALIMP"
	PatientAdministration Purpose = "PATADMIN"
	SystemAdministration  Purpose = "HSYSADMIN"
)

// Principal is the person who asks, in a role at an organisation, for a
// purpose.
type Principal struct {
	Subject   string    // sub: the identity provider's ID of the person
	Name      string    // as displayed in the audit trail
	Org       string    // ODS code of the organisation on whose behalf they ask
	Role      Role      // "" if the token has none
	Purpose   Purpose   // "" if missing, unknown or more than one: every decision is then a denial
	TokenID   string    // jti, or a digest of the token; never the token
	ExpiresAt time.Time // when the token expires
}

type contextKey struct{}

// NewContext returns a context that carries p.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext returns the principal of the request, and whether there is one.
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	return p, ok
}
