package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	wentWrong   = "Something went wrong on our side. Try again; if it stays, tell the service desk."
	tookTooLong = "The answer took too long and was stopped. Try again, or ask for less at once."
)

// present turns a resolver's error into the error that the caller sees.
func (h *handler) present(ctx context.Context, err error) *gqlerror.Error {
	e := h.options.ErrorPresenter(ctx, err)
	if e == nil {
		return nil
	}
	if codes[codeOf(e)] {
		return e
	}
	out := coded(Internal, wentWrong)
	out.Path, out.Locations = e.Path, e.Locations
	if out.Path == nil {
		out.Path = graphql.GetPath(ctx)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		out.Message, out.Extensions["code"] = tookTooLong, SourceTimeout
	case ctx.Err() == nil || !errors.Is(err, ctx.Err()):
		h.options.OnInternal(ctx, resolved(err))
	}
	return out
}

// resolved returns the resolver's own error, without the location that gqlgen adds.
func resolved(err error) error {
	var located *gqlerror.Error
	if errors.As(err, &located) && located.Err != nil {
		return located.Err
	}
	return err
}

// known passes on errors with a code of the contract and replaces all others.
func (h *handler) known(ctx context.Context, errs gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, len(errs))
	for _, e := range errs {
		switch {
		case ofVariable(e):
			e = coded(BadUserInput, "A variable does not fit its type.")
		case !codes[codeOf(e)]:
			h.options.OnInternal(ctx, resolved(e))
			e = coded(Internal, wentWrong)
		}
		out = append(out, e)
	}
	return out
}

// ofVariable reports whether e is gqlparser's own error about a variable, whose message may repeat a value.
func ofVariable(e *gqlerror.Error) bool {
	return codeOf(e) == ValidationFailed && len(e.Path) > 0 && e.Path[0] == ast.PathName("variable")
}

// recovered turns a panic in a resolver into an error.
func (h *handler) recovered(ctx context.Context, p any) error {
	h.options.OnInternal(ctx, PanicError(p))
	return coded(Internal, wentWrong)
}

// PanicError describes a panic for the log. It quotes only the runtime's own errors: any other value may
// contain patient data.
func PanicError(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
	}
	return fmt.Errorf("panic: %T\n%s", p, debug.Stack())
}

// panicked answers a request during which this package or a hook panicked.
func (h *handler) panicked(w http.ResponseWriter, r *http.Request, a *answer) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	h.options.OnInternal(r.Context(), PanicError(p))
	if a.written {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	a.refuse(refuse(http.StatusInternalServerError, Internal, wentWrong))
	h.write(w, r, a)
}

// order sorts errors by path, then by location in the document, then by message.
func order(errs gqlerror.List) {
	slices.SortStableFunc(errs, func(a, b *gqlerror.Error) int {
		return cmp.Or(
			slices.CompareFunc(a.Path, b.Path, comparePath),
			compareLocations(a.Locations, b.Locations),
			compareNatural(a.Message, b.Message),
		)
	})
}

// compareLocations puts an error without a location last.
func compareLocations(a, b []gqlerror.Location) int {
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(len(b), len(a))
	}
	return slices.CompareFunc(a, b, compareLocation)
}

func compareLocation(a, b gqlerror.Location) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// comparePath puts an index before a name.
func comparePath(a, b ast.PathElement) int {
	i, aIsIndex := a.(ast.PathIndex)
	j, bIsIndex := b.(ast.PathIndex)
	switch {
	case aIsIndex && bIsIndex:
		return cmp.Compare(i, j)
	case aIsIndex:
		return -1
	case bIsIndex:
		return 1
	}
	return cmp.Compare(a.(ast.PathName), b.(ast.PathName))
}

// compareNatural compares numbers in a text by value: [2] comes before [10].
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		if x, y := digits(a), digits(b); x != "" && y != "" {
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}
