package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// What a resolver returns is told to whoever looks after the service, unless it is an answer of ours, the deadline or a
// client that left.
func TestWhatBecomesOfAnError(t *testing.T) {
	late, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	broken, own, secret := errors.New("dial tcp db.internal"), &gqlerror.Error{Message: "of gqlgen: db.internal"}, coded("SECRET", "db.internal")
	slow := fmt.Errorf("reading db.internal: %w", context.DeadlineExceeded)
	for _, test := range []struct {
		name string
		ctx  context.Context
		err  error
		code string
		told error
	}{
		{"what a source says", t.Context(), broken, Internal, broken},
		{"the same with its place", t.Context(), &gqlerror.Error{Err: broken, Message: broken.Error()}, Internal, broken},
		{"what gqlgen says", t.Context(), own, Internal, own},
		{"an answer of ours", t.Context(), coded("PATIENT_NOT_FOUND", "No such patient."), "PATIENT_NOT_FOUND", nil},
		{"a code that the contract has not", t.Context(), secret, Internal, secret},
		{"a source's own deadline", t.Context(), slow, Internal, slow},
		{"the deadline", late, slow, SourceTimeout, nil},
		{"something else after the deadline", late, broken, Internal, broken},
		{"a client that left", gone, fmt.Errorf("reading: %w", context.Canceled), Internal, nil},
		{"something else after a client left", gone, broken, Internal, broken},
	} {
		var told error
		h := New(new(small), Options{OnInternal: func(_ context.Context, err error) { told = err }}).(*handler)
		got := h.present(test.ctx, test.err)
		if codeOf(got) != test.code || strings.Contains(got.Message, "db.internal") {
			t.Errorf("%s: got %s %s", test.name, codeOf(got), got.Message)
		}
		if told != test.told { // the very same
			t.Errorf("%s: told %v, want %v", test.name, told, test.told)
		}
	}
}

// An error keeps the place that it has, and has that of its field where it has none.
func TestWhereAnErrorStands(t *testing.T) {
	elsewhere := ast.Path{ast.PathName("wide"), ast.PathIndex(3)}
	for _, test := range []struct {
		name      string
		presented *gqlerror.Error
		want      string
	}{
		{"an error without a place", &gqlerror.Error{Message: "db.internal"}, `[{"message":"` + wentWrong + `","path":["breaks"],"extensions":{"code":"INTERNAL"}}]`},
		{"an error with a place", &gqlerror.Error{Message: "db.internal", Path: elsewhere, Locations: []gqlerror.Location{{Line: 3, Column: 4}}},
			`[{"message":"` + wentWrong + `","path":["wide",3],"locations":[{"line":3,"column":4}],"extensions":{"code":"INTERNAL"}}]`},
		{"an error that is none", nil, ""},
	} {
		h := New(new(small), Options{ErrorPresenter: func(context.Context, error) *gqlerror.Error { return test.presented }})
		out := send(t, h, post(body(`{ breaks }`, nil)))
		want := `{"data":{"breaks":null}}`
		if test.want != "" {
			want = `{"data":{"breaks":null},"errors":` + test.want + `}`
		}
		if out.Body.String() != want {
			t.Errorf("%s: got %s, want %s", test.name, out.Body, want)
		}
	}
}

// Errors are sent by path, then by place, then by message, with the numbers in these as numbers.
func TestTheOrderOfErrors(t *testing.T) {
	at := func(line, column int) []gqlerror.Location { return []gqlerror.Location{{Line: line, Column: column}} }
	want := gqlerror.List{
		{Message: "b", Locations: at(1, 2)},
		{Message: "a", Locations: at(1, 10)},
		{Message: "a", Locations: at(2, 1)},
		{Message: "b", Locations: at(2, 1)},
		{Message: "b", Locations: append(at(2, 1), at(1, 1)...)},
		{Message: ""},
		{Message: "$n"},
		{Message: "$n 1"},
		{Message: "$n1"},
		{Message: "$n[1]"},
		{Message: "$n[2] is"},
		{Message: "$n[2] not"},
		{Message: "$n[10] is"},
		{Message: "$n[10] is so"},
		{Message: "$nm"},
		{Message: "z", Path: ast.Path{ast.PathName("a")}, Locations: at(1, 1)},
		{Message: "a", Path: ast.Path{ast.PathName("a")}},
		{Message: "z", Path: ast.Path{ast.PathName("a"), ast.PathIndex(2)}},
		{Message: "b", Path: ast.Path{ast.PathName("a"), ast.PathIndex(10)}},
		{Message: "a", Path: ast.Path{ast.PathName("a"), ast.PathName("2")}},
		{Message: "a", Path: ast.Path{ast.PathName("b")}},
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		got := append(gqlerror.List{}, want...)
		dice.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		order(got)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("at %d stands %v, want %v", i, got[i], want[i])
			}
		}
	}
}

// extension is one of gqlgen's, as Options.Use takes them.
type extension struct {
	refuse  *gqlerror.Error
	respond graphql.ResponseHandler
}

func (extension) ExtensionName() string { return "extension" }

func (extension) Validate(graphql.ExecutableSchema) error { return nil }

func (x extension) MutateOperationParameters(context.Context, *graphql.RawParams) *gqlerror.Error {
	return x.refuse
}

func (x extension) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if x.respond != nil {
		return x.respond
	}
	return next(ctx)
}

// Whatever gqlgen or an extension of it refuses is refused with a code of the contract and without its words, where these
// are not ours.
func TestRefusalsOfExtensions(t *testing.T) {
	variable := ast.Path{ast.PathName("variable"), ast.PathName("n")}
	withCode := func(code, message string, path ast.Path) *gqlerror.Error {
		e := coded(code, message)
		e.Path = path
		return e
	}
	cause := errors.New("db.internal")
	for _, test := range []struct {
		name          string
		refuse        *gqlerror.Error
		code, message string
		told          bool
	}{
		{"one of ours", coded(QueryTooCostly, "Too much."), QueryTooCostly, "Too much.", false},
		{"one without a code", &gqlerror.Error{Err: cause, Message: "db.internal"}, Internal, wentWrong, true},
		{"one about a variable", withCode(ValidationFailed, "9990000018 db.internal", variable), BadUserInput, "A variable does not fit its type.", false},
		{"one of ours about a variable", withCode(BadUserInput, "Not so.", variable), BadUserInput, "Not so.", false},
		{"one about a field", withCode(ValidationFailed, "Not so.", ast.Path{ast.PathName("wide")}), ValidationFailed, "Not so.", false},
		{"one about the whole", withCode(ValidationFailed, "Not so.", nil), ValidationFailed, "Not so.", false},
	} {
		es := new(small)
		var told error
		h := New(es, Options{Use: []graphql.HandlerExtension{extension{refuse: test.refuse}}, OnInternal: func(_ context.Context, err error) { told = err }})
		out := send(t, h, post(body(`{ __typename }`, nil), "Accept", mediaGraphQL))
		if out.Code != 400 || out.code() != test.code || out.Errors[0].Message != test.message || es.executed.Load() != 0 {
			t.Errorf("%s: got %d %s", test.name, out.Code, out.Body)
		}
		if test.told != errors.Is(told, cause) || !test.told && told != nil {
			t.Errorf("%s: told %v", test.name, told)
		}
	}
}

// A response without data is a refusal, with no receipt and no words that are not ours.
func TestAResponseWithoutData(t *testing.T) {
	told := 0
	failing := func(context.Context) *graphql.Response {
		return &graphql.Response{Errors: gqlerror.List{{Message: "db.internal"}}}
	}
	h := New(new(small), Options{
		Use:        []graphql.HandlerExtension{extension{respond: failing}},
		OnInternal: func(context.Context, error) { told++ },
		Receipt:    func(context.Context, ReceiptInput) (string, error) { return "signed", nil },
		Extensions: func(context.Context) map[string]any { return map[string]any{"gaps": 1} },
	})
	for media, status := range map[string]int{mediaJSON: 200, mediaGraphQL: 400} {
		out := send(t, h, post(body(`{ __typename }`, nil), "Accept", media))
		if out.Code != status || out.code() != Internal || out.Extensions != nil || strings.Contains(out.Body.String(), "db.internal") {
			t.Errorf("%s: got %d %s", media, out.Code, out.Body)
		}
	}
	if told != 2 {
		t.Errorf("told %d times", told)
	}
}

// An operation that is over before it begins is answered all the same.
func TestNoTimeToBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(new(small), Options{Deadline: time.Second, Begin: func(ctx context.Context) context.Context { <-ctx.Done(); return ctx }})
		if out := send(t, h, post(body(`{ __typename }`, nil))); out.Code != 503 || out.code() != SourceTimeout {
			t.Errorf("after the deadline: got %d %s", out.Code, out.Body)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if out := send(t, h, post(body(`{ __typename }`, nil)).WithContext(gone)); out.Code != 503 || out.code() != Internal {
			t.Errorf("for a client that left: got %d %s", out.Code, out.Body)
		}
	})
}

// Of a panic the log gets what the runtime says and where it was; a text that somebody put into it may hold a patient.
func TestWhatIsToldOfAPanic(t *testing.T) {
	var none map[string]int
	for name, test := range map[string]struct {
		panics  func()
		of      bool // the runtime
		telling string
	}{
		"a text":               {func() { panic("9990000018") }, false, "string"},
		"an error":             {func() { panic(errors.New("9990000018")) }, false, "*errors.errorString"},
		"one of the runtime's": {func() { none["9990000018"] = 1 }, true, "nil map"},
	} {
		var told error
		h := New(new(small), Options{
			Check:      func(context.Context, *graphql.OperationContext) gqlerror.List { test.panics(); return nil },
			OnInternal: func(_ context.Context, err error) { told = err },
		})
		send(t, h, post(body(`{ __typename }`, nil)))
		_, of := errors.AsType[runtime.Error](told)
		if told == nil || of != test.of || !strings.Contains(told.Error(), test.telling) || !strings.Contains(told.Error(), "errors_test.go") || strings.Contains(told.Error(), "9990000018") {
			t.Errorf("%s: told %v", name, told)
		}
	}
}

// What is panicked with to end the connection ends it; and so does a panic when the answer is out, so that it is not
// taken for a whole one.
func TestPanicsThatEndTheConnection(t *testing.T) {
	told := 0
	abort := Options{OnInternal: func(context.Context, error) { told++ }, Begin: func(context.Context) context.Context { panic(http.ErrAbortHandler) }}
	after := Options{OnInternal: func(context.Context, error) { told++ }, Done: func(context.Context, Answer) { panic("9990000018") }}
	for _, test := range []struct {
		options     Options
		body        string
		times, told int
	}{{abort, "", 0, 0}, {after, `{"data":{"__typename":"Query"}}`, 1, 1}} {
		told = 0
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("panicked with %v", p)
				}
			}()
			New(new(small), test.options).ServeHTTP(w, post(body(`{ __typename }`, nil)))
		}()
		if w.Body.String() != test.body || told != test.told {
			t.Errorf("got %s, told %d", w.Body, told)
		}
	}
}
