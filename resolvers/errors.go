package resolvers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"carerecord/internal/audit"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/record"
)

// codes are the answers to each kind of error, the first that matches: a code, and a sentence that tells staff what to
// do. An empty message keeps the error's own text, which then must be ours.
var codes = []struct {
	kind    error
	code    string
	message string
}{
	{auth.ErrUnauthenticated, "UNAUTHENTICATED", "Sign in again."},
	{errDuty, "FORBIDDEN", "This is a duty of other roles, or of another purpose. viewer says which your token has; ask your organisation's administrator if they should be others."},
	{consent.ErrForbidden, "FORBIDDEN", "Your role and purpose do not read patients' records here. viewer says which your token has; ask your organisation's administrator if they should."},
	{consent.ErrNoCareRelationship, "NO_CARE_RELATIONSHIP", "Your organisation has no current care relationship with a patient of this number. Check the number; if you are treating the patient now, use emergency access, where your role has it."},
	{consent.ErrWithheld, "RECORD_WITHHELD", "This person has asked not to have a joined-up record shown. Ask the organisations that care for them directly, by telephone, email or post, as before the joined-up record."},
	{consent.ErrUnavailable, "CONSENT_UNAVAILABLE", "Whether this record may be shown cannot be established at the moment, so it is not shown. Try again in a minute; if it is urgent, ask the organisations directly."},
	{audit.ErrUnavailable, "AUDIT_UNAVAILABLE", "The audit trail cannot be written at the moment, so nothing is shown. Try again in a minute; if it is urgent, ask the organisations directly."},
	{record.ErrTimeout, "SOURCE_TIMEOUT", "The system that holds this did not answer in time. Try again, or ask the organisation directly."},
	{record.ErrUnavailable, "SOURCE_UNAVAILABLE", "The system that holds this cannot be reached at the moment. Try again later, or ask the organisation directly."},
	{record.ErrMalformed, "SOURCE_UNAVAILABLE", "The system that holds this did not send it in a form that can be read. Ask the organisation for it directly."},
	{errNoObjection, "PATIENT_NOT_FOUND", "No objection is in force or to begin under this number. Check the number; optOuts shows what was recorded."},
	{record.ErrNotFound, "PATIENT_NOT_FOUND", "There is no record to show under this number. Check the number with the patient."},
	{errThrottled, "QUERY_TOO_COSTLY", "You have looked up many patients in the last hour who are not in your care here. Wait an hour, or ask your privacy officer; for a patient you are treating now, ask the organisations directly."},
	{record.ErrInvalid, "BAD_USER_INPUT", ""},
}

// Present turns an error into the one that is sent: a code of the contract and a sentence. An error of no kind in codes
// gets no code, and the transport makes it INTERNAL.
func (r *Root) Present(ctx context.Context, err error) *gqlerror.Error {
	for _, c := range codes {
		if errors.Is(err, c.kind) {
			message := c.message
			switch {
			case message == "":
				message = own(err)
			case (c.kind == consent.ErrUnavailable || c.kind == audit.ErrUnavailable) && changes(ctx):
				message = unchanged
			}
			return &gqlerror.Error{Message: message, Path: graphql.GetPath(ctx), Extensions: map[string]any{"code": c.code}}
		}
	}
	return graphql.DefaultErrorPresenter(ctx, err)
}

// unchanged answers a mutation while our own database cannot be reached. If the connection was lost during the commit,
// it is unknown whether the change was made.
const unchanged = "Our own records cannot be written at the moment, so this was not recorded, or it cannot be told whether it was. Look in a minute, after breakGlass by asking for the record, and send it again if it is not there."

// changes reports whether the operation is a mutation.
func changes(ctx context.Context) bool {
	return graphql.HasOperationContext(ctx) && graphql.GetOperationContext(ctx).Operation != nil && graphql.GetOperationContext(ctx).Operation.Operation == ast.Mutation
}

// own returns an error's text as a sentence. The text is safe to send: an ErrInvalid consists of constant words, names
// and limits only.
func own(err error) string {
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		err = located.Err // the error of that kind that it wraps
	}
	text := strings.TrimPrefix(err.Error(), record.ErrInvalid.Error()+": ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// refusal is the entry in a list of patients for one who is not shown.
func refusal(err error) *record.Refusal {
	for _, c := range codes {
		if errors.Is(err, c.kind) {
			return &record.Refusal{Code: record.RefusalCode(c.code), Message: c.message}
		}
	}
	return refusal(consent.ErrUnavailable)
}

// Check refuses an operation that names too many patients, or compares residents' requests with people too often. The
// limits are Options.Patients distinct patients, twice as many with repeats, and as many comparisons as
// Options.Patients or maxFirst, whichever is more.
func (r *Root) Check(ctx context.Context, op *graphql.OperationContext) gqlerror.List {
	distinct := map[record.NHSNumber]bool{}
	positions := 0
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		numbers, _, err := patientsAsked(f, op)
		if err != nil {
			return gqlerror.List{r.Present(ctx, err)}
		}
		positions += len(numbers)
		for _, number := range numbers {
			distinct[number] = true
		}
	}
	switch {
	case len(distinct) > r.Patients:
		return tooMany("One request may name %d patients (limits.patients). Ask in several requests.", r.Patients)
	case positions > 2*r.Patients:
		return tooMany("One request may name patients %d times, the same one again included. Name each once.", 2*r.Patients)
	case comparisons(op) > max(r.Patients, maxFirst): // one whole page is always allowed
		return tooMany("One request may compare what residents wrote %d times: each match counts for every request of the page. Ask for fewer with first, or in several requests.", max(r.Patients, maxFirst))
	}
	return nil
}

func tooMany(words string, limit int) gqlerror.List {
	return gqlerror.List{{Message: fmt.Sprintf(words, limit), Extensions: map[string]any{"code": "BAD_USER_INPUT"}}}
}

// refuses reports whether an error refuses one patient. In a list of patients it is then data, not an error.
func refuses(err error) bool {
	for _, kind := range []error{consent.ErrForbidden, consent.ErrNoCareRelationship, consent.ErrWithheld, consent.ErrUnavailable, audit.ErrUnavailable, record.ErrNotFound} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
