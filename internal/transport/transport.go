// Package transport answers GraphQL over HTTP: POST with a JSON body, and GET for queries, following the
// current draft of "GraphQL over HTTP".
//
// It checks a request in this order, cheapest refusal first: the method and the URL, Accept, the principal's
// concurrent requests, Content-Type, the size of the body, its JSON, whether the document is trusted, its
// tokens, one memoised walk over the parsed document, validation, the values of literals and variables, the
// cost by the size of lists, Options.Check, execution under a deadline. No error repeats a value that a caller
// sent, and every error has a code of the contract.
package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Options configure a handler. The zero value uses the defaults.
type Options struct {
	// MaxBody is the largest body in bytes, once decompressed; 256 KiB if 0.
	MaxBody int64
	// Limits bound a document before it is validated.
	Limits Limits
	// Documents is how many validated documents are cached; 500 if 0.
	Documents int
	// Deadline is the time limit of an operation; none if 0.
	Deadline time.Duration

	// Trusted are the documents that a request may name by documentId; none if nil.
	Trusted *Trusted
	// OnlyTrusted refuses documents that are sent as text.
	OnlyTrusted bool
	// Introspection reports whether the caller may select __schema and __type; nil means no.
	Introspection func(ctx context.Context) bool
	// Begin returns the context of one operation, with its loaders and grants. It runs once, after the values
	// and the cost are checked and before Check.
	Begin func(ctx context.Context) context.Context
	// Check refuses a validated operation before it is executed.
	Check func(ctx context.Context, op *graphql.OperationContext) gqlerror.List
	// Principal identifies the caller, so that concurrent requests can be limited; no limit if nil.
	Principal func(ctx context.Context) string
	// Extensions returns the extensions of the answer, after execution.
	Extensions func(ctx context.Context) map[string]any
	// Receipt signs an answer that is about to be sent; the result becomes extensions.receipt. It returns ""
	// for an answer that discloses nothing, which gets no receipt. On an error nothing is disclosed.
	Receipt func(ctx context.Context, in ReceiptInput) (string, error)
	// ErrorPresenter turns a resolver's error into one with a code. Errors that it leaves without a code of the
	// contract become INTERNAL.
	ErrorPresenter graphql.ErrorPresenterFunc
	// OnInternal receives the errors that became INTERNAL, for the log.
	OnInternal func(ctx context.Context, err error)
	// Done is called after every answer is written, including refusals. Its context has the values of the
	// operation's context, but is not cancelled with it.
	Done func(ctx context.Context, answer Answer)
	// Release receives the data of an answer once it is written and nothing refers to it any more; optional.
	Release func(data []byte)

	// Scalars are the custom scalars whose values are checked before execution;
	// NHSNumber, Date, PartialDate and DateTime if nil.
	Scalars map[string]Scalar
	// Use are gqlgen's handler extensions, outermost first.
	Use []graphql.HandlerExtension
}

// Answer describes an answer without its contents.
type Answer struct {
	Status    int
	Operation string // query, mutation or subscription; empty if none was reached
	Name      string // the operation's name in the document, safe to log
	Codes     []string
	Bytes     int

	Document, App string // of the trusted document; "" if none was found
	FreeText      bool   // the document came as text
	Refused       bool   // before execution began
}

const (
	defaultBody      = 256 << 10
	defaultDocuments = 500
)

// handler implements the service. Of a finished request it keeps only the document's text.
type handler struct {
	preparer
	options   Options
	executor  *executor.Executor
	documents *lru.Cache[string, *document]
	texts     texts
	underWay  *underWay
}

// New returns the handler of a schema.
func New(es graphql.ExecutableSchema, options Options) http.Handler {
	options = options.filled()
	h := &handler{options: options, preparer: options.preparer(es.Schema()), executor: executor.New(es)}
	if options.Principal != nil {
		h.underWay = newUnderWay(h.options.Limits.Concurrent)
	}
	h.documents, _ = lru.New[string, *document](h.options.Documents) // the size is positive
	h.executor.SetQueryCache(prepared{})
	h.executor.SetErrorPresenter(h.present)
	h.executor.SetRecoverFunc(h.recovered)
	for _, extension := range options.Use {
		h.executor.Use(extension)
	}
	return h
}

// filled returns the options with defaults where nothing is set.
func (o Options) filled() Options {
	if o.MaxBody <= 0 {
		o.MaxBody = defaultBody
	}
	if o.Documents <= 0 {
		o.Documents = defaultDocuments
	}
	if o.Introspection == nil {
		o.Introspection = func(context.Context) bool { return false }
	}
	if o.Begin == nil {
		o.Begin = func(ctx context.Context) context.Context { return ctx }
	}
	if o.ErrorPresenter == nil {
		o.ErrorPresenter = graphql.DefaultErrorPresenter
	}
	if o.OnInternal == nil {
		o.OnInternal = func(context.Context, error) {}
	}
	if o.Done == nil {
		o.Done = func(context.Context, Answer) {}
	}
	if o.Scalars == nil {
		o.Scalars = scalars
	}
	o.Limits = o.Limits.filled()
	return o
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := &answer{media: mediaJSON, left: func() {}}
	defer h.panicked(w, r, a)
	defer a.leave()
	if refused := h.serve(w, r, a); refused != nil {
		a.refuse(refused)
	}
	h.write(w, r, a)
	if h.options.Release != nil && a.data != nil {
		h.options.Release(a.data)
	}
}

// serve fills in the answer, or returns a refusal.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, a *answer) *refusal {
	var acceptable bool
	a.media, acceptable = negotiate(r.Header["Accept"])
	if refused := admit(r, h.options.Trusted); refused != nil {
		return refused
	}
	if !acceptable {
		return refuse(http.StatusNotAcceptable, BadUserInput,
			"This answers in application/graphql-response+json or application/json; name one of them in Accept.")
	}
	if refused := h.enter(w, r, a); refused != nil {
		return refused
	}
	params, refused := h.read(w, r)
	if refused != nil {
		return refused
	}
	return h.answer(r, params, a)
}
