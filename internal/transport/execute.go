package transport

import (
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// answer executes the operation of a well-formed request.
func (h *handler) answer(r *http.Request, params *parameters, a *answer) *refusal {
	ctx, cancel := h.deadline(graphql.StartOperationTrace(r.Context()))
	defer cancel()
	doc, op, refused := h.choose(ctx, r.Method, params, a)
	if refused != nil {
		return refused
	}
	if errs := h.checkValues(ctx, doc, op, params); len(errs) > 0 {
		return decline(errs...)
	}
	if err := h.tooDear(doc, op, params.Variables); err != nil {
		return decline(err)
	}
	ctx = h.options.Begin(context.WithValue(ctx, documentKey{}, doc))
	a.ctx = ctx
	opCtx, errs := h.executor.CreateOperationContext(ctx, &params.RawParams)
	if len(errs) > 0 {
		return decline(h.known(ctx, errs)...)
	}
	opCtx.DisableIntrospection = !doc.operations[op].introspect // refused above for callers who may not
	ctx = graphql.WithOperationContext(ctx, opCtx)
	if h.options.Check != nil {
		if errs := h.options.Check(ctx, opCtx); len(errs) > 0 {
			return decline(h.known(ctx, errs)...)
		}
	}
	return h.execute(ctx, doc, opCtx, params, a)
}

func (h *handler) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if h.options.Deadline <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, h.options.Deadline)
}

// choose returns the document and the operation to execute.
func (h *handler) choose(ctx context.Context, method string, params *parameters, a *answer) (*document, *ast.OperationDefinition, *refusal) {
	doc, refused := h.find(ctx, params, a)
	if refused != nil {
		return nil, nil, refused
	}
	op := doc.ast.Operations.ForName(params.OperationName)
	if op == nil {
		return nil, nil, decline(coded(BadUserInput, "operationName must name one of the document's operations."))
	}
	a.operation, a.name = string(op.Operation), safeName(op.Name)
	return doc, op, suits(method, op.Operation)
}

// find returns the document: a trusted one by its id, or one sent as text.
func (h *handler) find(ctx context.Context, params *parameters, a *answer) (*document, *refusal) {
	switch {
	case params.id != "" && params.Query != "":
		return nil, errBoth
	case params.id != "":
		doc, refused := h.options.Trusted.find(ctx, params, a)
		if refused == nil && params.written != nil {
			h.texts.keep(params.written, params.id)
		}
		return doc, refused
	case params.Query == "":
		return nil, errNeither
	}
	a.freeText = true
	if h.options.OnlyTrusted {
		return nil, decline(coded(DocumentNotTrusted, onlyTrusted))
	}
	doc, errs := h.document(ctx, params.Query)
	if len(errs) > 0 {
		return nil, decline(errs...)
	}
	if params.written != nil && doc.keeps(params.Query) {
		h.texts.keep(params.written, params.Query)
	}
	return doc, nil
}

// suits refuses subscriptions, and mutations by GET.
func suits(method string, operation ast.Operation) *refusal {
	switch {
	case operation == ast.Subscription:
		return badRequest("A subscription is not answered over plain HTTP.")
	case operation == ast.Mutation && method == http.MethodGet:
		refused := refuse(http.StatusMethodNotAllowed, BadUserInput, "A mutation is sent by POST.")
		refused.allow = http.MethodPost
		return refused
	}
	return nil
}

// checkValues refuses introspection by callers who may not read the schema, and invalid values in the document
// or the variables.
func (h *handler) checkValues(ctx context.Context, doc *document, op *ast.OperationDefinition, params *parameters) gqlerror.List {
	found := doc.operations[op]
	if found.introspect && !h.options.Introspection(ctx) {
		return gqlerror.List{coded(ValidationFailed, "Your role may not read the schema (__schema, __type); ask for the developer role.")}
	}
	check := variables{schema: h.schema, scalars: h.scalars, limits: h.limits}
	errs := check.check(op, found.needed, params.Variables)
	return cappedValues(append(found.errors[:len(found.errors):len(found.errors)], errs...))
}

func (h *handler) execute(ctx context.Context, doc *document, opCtx *graphql.OperationContext, params *parameters, a *answer) *refusal {
	a.executed = true
	next, ctx := h.executor.DispatchOperation(ctx, opCtx)
	response := next(ctx)
	a.ctx = ctx
	switch {
	case response == nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return refuse(http.StatusServiceUnavailable, SourceTimeout, tookTooLong)
	case response == nil:
		return refuse(http.StatusServiceUnavailable, Internal, wentWrong) // the client left
	}
	a.data, a.errors, a.extensions = response.Data, response.Errors, response.Extensions
	if h.options.Extensions != nil {
		a.extend(h.options.Extensions(ctx))
	}
	if a.data == nil {
		return decline(h.known(ctx, a.errors)...)
	}
	return h.receipt(ctx, doc, params, a)
}
