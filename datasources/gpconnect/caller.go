package gpconnect

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// Caller says who is asking, as GP Connect's audit requires it: the system, the organisation that the
// request comes from and the person at the screen.
type Caller struct {
	Issuer   string // address of our token issuer
	Audience string // address of the practice's endpoint
	Device   Device
	ODSCode  string // of the organisation that asks
	OrgName  string
	Person   Person
}

// Device is the system that asks.
type Device struct{ System, Value, Model, Version string }

// Person is the professional who asks.
type Person struct {
	ID                     string
	Family, Given, Prefix  string
	UserID, RoleProfile    string // SDS user id and role profile id; UNK is sent for an empty one
	LocalSystem, LocalUser string // identifier in our own system: its system URI and value
}

// lifetime is how long a token is valid: GP Connect requires five minutes.
const lifetime = 5 * time.Minute

// Bearer returns the Authorization header of a request for direct care that is made at the given time. GP
// Connect's tokens are not signed; the Spine's mutual TLS authenticates the sender.
func (c Caller) Bearer(at time.Time) (string, error) {
	claims := map[string]any{
		"iss": c.Issuer, "sub": c.Person.ID, "aud": c.Audience, "exp": at.Add(lifetime).Unix(), "iat": at.Unix(),
		"reason_for_request": "directcare", "requested_scope": "patient/*.read",
		"requesting_device": map[string]any{
			"resourceType": "Device", "model": c.Device.Model, "version": c.Device.Version,
			"identifier": []any{map[string]string{"system": c.Device.System, "value": c.Device.Value}},
		},
		"requesting_organization": map[string]any{
			"resourceType": "Organization", "name": c.OrgName,
			"identifier": []any{map[string]string{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": c.ODSCode}},
		},
		"requesting_practitioner": map[string]any{
			"resourceType": "Practitioner", "id": c.Person.ID,
			"name": []any{map[string]any{"family": c.Person.Family, "given": []string{c.Person.Given}, "prefix": []string{c.Person.Prefix}}},
			"identifier": []any{
				map[string]string{"system": "https://fhir.nhs.uk/Id/sds-user-id", "value": orUnknown(c.Person.UserID)},
				map[string]string{"system": "https://fhir.nhs.uk/Id/sds-role-profile-id", "value": orUnknown(c.Person.RoleProfile)},
				map[string]string{"system": c.Person.LocalSystem, "value": c.Person.LocalUser},
			},
		},
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("make a GP Connect token: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return "Bearer " + encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(payload) + ".", nil
}

func orUnknown(id string) string {
	if id == "" {
		return "UNK"
	}
	return id
}
