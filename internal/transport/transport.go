// Package transport answers GraphQL over HTTP: POST with a JSON body, and GET for
// queries, as the current draft of "GraphQL over HTTP" says.
//
// A request passes through it in one order, cheapest refusal first: the method and
// the address, Accept, Content-Type, the size of the body, its JSON, whether the
// document is trusted, its tokens, one memoised walk over the parsed document, validation, the values of
// literals and variables, the cost by the size of lists, Options.Check, execution
// under a deadline. Before the body is read, the requests of the principal that are
// under way are counted. Nothing that
// a caller sends as a value comes back in an error, and no error leaves without a
// code of the contract.
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

// Options are what may be set. The zero value serves with the defaults.
type Options struct {
	// MaxBody is how many bytes a request may hold once decompressed; 256 KiB if 0.
	MaxBody int64
	// Limits bound a document before it is validated.
	Limits Limits
	// Documents is how many validated documents are kept; 500 if 0.
	Documents int
	// Deadline ends an operation; none if 0.
	Deadline time.Duration

	// Trusted are the documents that a request may name by documentId; none if nil.
	Trusted *Trusted
	// OnlyTrusted refuses a document that comes as text.
	OnlyTrusted bool
	// Introspection says whether this caller may ask for __schema and __type; nil says no.
	Introspection func(ctx context.Context) bool
	// Begin makes the context of one operation, with its loaders and grants. It
	// runs once, after the values are checked and before Check.
	Begin func(ctx context.Context) context.Context
	// Check refuses a validated operation before anything is executed.
	Check func(ctx context.Context, op *graphql.OperationContext) gqlerror.List
	// Principal names who asks, so that their requests under way can be counted; no
	// one is counted if nil.
	Principal func(ctx context.Context) string
	// Extensions are the answer's extensions, asked for after execution.
	Extensions func(ctx context.Context) map[string]any
	// Receipt signs an answer that discloses something and is about to be sent; it
	// becomes extensions.receipt. It returns "" for an answer that discloses nothing,
	// which then has no receipt. On an error nothing is disclosed.
	Receipt func(ctx context.Context, in ReceiptInput) (string, error)
	// ErrorPresenter turns what a resolver returned into an error with a code.
	// What it leaves without a code of the contract becomes INTERNAL.
	ErrorPresenter graphql.ErrorPresenterFunc
	// OnInternal is given what became INTERNAL, for the log.
	OnInternal func(ctx context.Context, err error)
	// Done is told of every answer once it is written, refused ones included. Its
	// context has the values of the operation's and is not cancelled with it.
	Done func(ctx context.Context, answer Answer)
	// Release is given the data of an answer once it is written and nobody holds it any
	// more; nil for nobody.
	Release func(data []byte)

	// Scalars are the custom scalars whose values are checked before execution;
	// NHSNumber, Date, PartialDate and DateTime if nil.
	Scalars map[string]Scalar
	// Use are gqlgen's own extensions, outermost first.
	Use []graphql.HandlerExtension
}

// Answer is what can be said of an answer without saying what was in it.
type Answer struct {
	Status    int
	Operation string // query, mutation or subscription; empty if none was reached
	Name      string // the operation's name as the document has it, made safe to log
	Codes     []string
	Bytes     int

	Document, App string // of the trusted document that was named, as far as there is one
	FreeText      bool   // the document came as text
	Refused       bool   // before anything was executed
}

const (
	defaultBody      = 256 << 10
	defaultDocuments = 500
)

// handler is the one implementation; it holds nothing of a request but the texts of documents.
type handler struct {
	preparer
	options   Options
	executor  *executor.Executor
	documents *lru.Cache[string, *document]
	texts     texts
	underWay  *underWay
}

// New is the handler of one schema.
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

// filled puts the default wherever nothing was set.
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

// serve fills the answer, or says why there is none.
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
