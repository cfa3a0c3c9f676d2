// Package floor answers two questions, the full record of one patient and a list of
// patients for a ward, with code written by hand for exactly these: net/http, one pgx
// pipeline for each source, rows taken over in one piece, JSON appended to one buffer.
//
// It takes the same decisions as the service, with the same packages: the token, consent
// in one round trip, the trail with its second look at consent before anything leaves,
// the receipt over the canonical data. What is never shown is left out by the same SQL.
// It does not check every entry a second time in Go, serves only roles that see every
// class, and where a source fails it answers with an error and no data.
package floor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"carerecord/bench/setup"
	"carerecord/internal/auth"
	"carerecord/internal/consent"
	"carerecord/internal/exclusion"
	"carerecord/internal/organisation"
	"carerecord/internal/receipt"
	"carerecord/internal/record"
	"carerecord/internal/store"
)

// Options are the documents that receipts and the trail name, and the clock.
type Options struct {
	FullRecord, WardList string
	Now                  func() time.Time
}

// A Server answers POST /full-record and POST /ward-list.
type Server struct {
	http.Handler
	options   Options
	verifier  *auth.Verifier
	store     *store.Store
	policy    *consent.Policy
	directory *organisation.Directory
	excluded  string // the version of what is never shown
	ids       *record.Identifier
	cursorKey []byte
	receipts  *receipt.Signer
	sources   [5]*source // in the order of record.Sectors
	names     string     // of all sources, which cursors are bound to
}

// New prepares everything. The service's own sources are opened for a moment, for the
// statements they prepare.
func New(ctx context.Context, given setup.Setup, options Options) (*Server, error) {
	s := &Server{options: options, policy: consent.Default(), directory: organisation.Default(), ids: record.NewIdentifier(given.IDs), cursorKey: given.Cursors}
	exclusions := exclusion.Default()
	filter := exclusions.For("TREAT")
	s.excluded = exclusions.Version()
	var err error
	if s.verifier, err = given.Verifier(); err != nil {
		return nil, err
	}
	if s.receipts, err = given.Receipts(); err != nil {
		return nil, err
	}
	statements, err := serviceStatements(ctx, given, filter)
	if err != nil {
		return nil, err
	}
	s.store = store.Open(ctx, store.Options{DSN: given.Own, Policy: s.policy, Volatile: given.Volatile, Audit: given.Audit(s.receipts)})
	if err := s.openSources(given, statements, filter); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /full-record", s.fullRecord)
	mux.HandleFunc("POST /ward-list", s.wardList)
	s.Handler = mux
	return s, nil
}

func (s *Server) openSources(given setup.Setup, statements map[record.Sector]map[string]string, filter *exclusion.Filter) error {
	for i, of := range given.Sources {
		at := &source{sector: of.Sector, org: given.Organisation(of), name: string(of.Sector) + "/" + of.ODS, pipelines: map[string][]prepared{}}
		s.names += at.name + "\n"
		known := statements[of.Sector]
		if err := errors.Join(
			at.prepare(fullRecordName, fullRecord, known, filter.Specialties()),
			at.prepare(wardListName, wardList, known, filter.Specialties()),
			at.open(of.DSN, known["exclusions"], filter),
		); err != nil {
			return err
		}
		s.sources[i] = at
	}
	return nil
}

// Warm makes every connection.
func (s *Server) Warm(ctx context.Context) error {
	for _, source := range s.sources {
		if err := source.warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// closeWithin is how long the trail may take to be written at the end.
const closeWithin = 10 * time.Second

// Close ends all connections, once the trail is written.
func (s *Server) Close() error {
	for _, source := range s.sources {
		if source != nil && source.pool != nil {
			source.pool.Close()
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	return s.store.Close(ctx)
}

// The questions by the names of their operations.
const (
	fullRecordName = "FullRecord"
	wardListName   = "WardList"
)

// body is what is sent: one number or several.
type body struct {
	NHSNumber  string   `json:"nhsNumber"`
	NHSNumbers []string `json:"nhsNumbers"`
}

const maxBody = 256 << 10

func (s *Server) fullRecord(w http.ResponseWriter, r *http.Request) {
	q, numbers := s.begin(w, r, fullRecordName, s.options.FullRecord)
	if q == nil {
		return
	}
	if len(numbers) != 1 {
		refuse(w, http.StatusBadRequest, "BAD_USER_INPUT", "Name one patient as nhsNumber.")
		return
	}
	q.variables = map[string]any{"nhsNumber": string(numbers[0])}
	q.answer(w, r, numbers, func(o *out) { q.writePatientOf(o, numbers[0]) })
}

func (s *Server) wardList(w http.ResponseWriter, r *http.Request) {
	q, numbers := s.begin(w, r, wardListName, s.options.WardList)
	if q == nil {
		return
	}
	sent := make([]any, len(numbers))
	for i, number := range numbers {
		sent[i] = string(number)
	}
	q.variables = map[string]any{"nhsNumbers": sent}
	q.answer(w, r, numbers, func(o *out) { q.writeWard(o, numbers) })
}

// begin reads the token and the body. It answers by itself, and gives nil, where either
// does not hold.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, name, document string) (*request, []record.NHSNumber) {
	authorization, err := auth.FromRequest(r)
	if err != nil {
		refuse(w, http.StatusUnauthorized, "UNAUTHENTICATED", "Send a bearer token.")
		return nil, nil
	}
	principal, err := s.verifier.Principal(authorization)
	if err != nil {
		refuse(w, http.StatusUnauthorized, "UNAUTHENTICATED", "Sign in again.")
		return nil, nil
	}
	var sent body
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || json.Unmarshal(text, &sent) != nil {
		refuse(w, http.StatusBadRequest, "BAD_USER_INPUT", "Send a JSON object with nhsNumber or nhsNumbers.")
		return nil, nil
	}
	if sent.NHSNumber != "" {
		sent.NHSNumbers = append(sent.NHSNumbers, sent.NHSNumber)
	}
	numbers := make([]record.NHSNumber, len(sent.NHSNumbers))
	for i, number := range sent.NHSNumbers {
		if numbers[i], err = record.ParseNHSNumber(number); err != nil {
			refuse(w, http.StatusBadRequest, "INVALID_NHS_NUMBER", "The number at position "+strconv.Itoa(i)+" is no NHS number; check it.")
			return nil, nil
		}
	}
	return &request{s: s, name: name, document: document, principal: principal, now: s.options.Now()}, numbers
}

// answer does all there is to do, and writes the data once it may leave.
func (q *request) answer(w http.ResponseWriter, r *http.Request, numbers []record.NHSNumber, write func(*out)) {
	if err := q.run(r.Context(), r, numbers); err != nil {
		refuse(w, http.StatusServiceUnavailable, "INTERNAL", "Nothing can be shown at the moment. Try again in a minute.")
		return
	}
	o := takeOut()
	defer o.release()
	o.raw(`{"data":`)
	begin := len(o.b)
	write(o)
	token, err := q.sign(o.b[begin:])
	if err != nil || q.failed != nil {
		refuse(w, http.StatusInternalServerError, "INTERNAL", "The answer cannot be made.")
		return
	}
	if q.refused != "" {
		o.raw(`,"errors":[{"message":"`)
		o.raw(messages[q.refused])
		o.raw(`","extensions":{"code":"`)
		o.raw(q.refused)
		o.raw(`"}}]`)
	}
	if token != "" {
		o.raw(`,"extensions":{"receipt":"`)
		o.raw(token)
		o.raw(`"}`)
	}
	o.raw(`}`)
	header := w.Header()
	header["Content-Type"] = contentType
	header["Cache-Control"] = noStore
	header.Set("Content-Length", strconv.Itoa(len(o.b)))
	_, _ = w.Write(o.b)
}

var (
	contentType = []string{"application/json; charset=utf-8"}
	noStore     = []string{"no-store"}
)

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header()["Content-Type"] = contentType
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errors":[{"message":"`+message+`","extensions":{"code":"`+code+`"}}]}`)
}

// clientOf is the printable beginning of what a client says of itself.
func clientOf(r *http.Request) string {
	text := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, r.UserAgent())
	return text[:min(len(text), 200)]
}
