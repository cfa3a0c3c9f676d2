package transport

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Check and Done have what Begin put into the context, and the operation; and Done has it of what was refused, too.
func TestWhatHooksCanSee(t *testing.T) {
	type key struct{}
	var digest string
	var operation *graphql.OperationContext
	refusing, introspecting := false, false
	var checked, done context.Context
	h := New(new(small), Options{
		Introspection: func(context.Context) bool { return true },
		Begin:         func(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, "begun") },
		Check: func(ctx context.Context, op *graphql.OperationContext) gqlerror.List {
			checked, digest, operation = ctx, Digest(ctx), op
			if op.DisableIntrospection == introspecting {
				t.Errorf("the schema may be asked for: %t", !op.DisableIntrospection)
			}
			if refusing {
				return gqlerror.List{coded(QueryTooCostly, "Too much.")}
			}
			return nil
		},
		Done: func(ctx context.Context, _ Answer) { done = ctx },
	})
	for _, test := range []struct {
		query                   string
		introspecting, refusing bool
	}{{`{ __typename }`, false, false}, {`{ __typename }`, false, true}, {`{ __schema { __typename } }`, true, false}, {`{ wide { id } }`, false, false}} {
		introspecting, refusing = test.introspecting, test.refusing
		send(t, h, post(body(test.query, nil)))
		if "sha256:"+digest != idOf(test.query) {
			t.Errorf("%s: the digest is %s", test.query, digest)
		}
		if !graphql.HasOperationContext(checked) || graphql.GetOperationContext(checked) != operation {
			t.Errorf("%s: Check has not the operation", test.query)
		}
		if done.Value(key{}) != "begun" || done.Err() != nil || graphql.HasOperationContext(done) == test.refusing {
			t.Errorf("%s: Done has %v, and the operation: %t", test.query, done.Value(key{}), graphql.HasOperationContext(done))
		}
		if !errors.Is(checked.Err(), context.Canceled) {
			t.Errorf("%s: what was begun for it goes on", test.query)
		}
	}
}

func TestNothingIsKnownOutsideARequest(t *testing.T) {
	name, app := TrustedOf(t.Context())
	if _, found := (prepared{}).Get(t.Context(), "{ __typename }"); found || Digest(t.Context()) != "" || Kept(t.Context()) != nil || name+app != "" {
		t.Error("something is known of a document that nobody asked for")
	}
}

// The data of an answer is given back once, when it is written, and of a refusal nothing is.
func TestDataIsGivenBack(t *testing.T) {
	var released []string
	written := 0
	failing := false
	h := New(new(small), Options{
		Release: func(data []byte) {
			if released = append(released, string(data)); len(released) != written {
				t.Error("given back before it was written")
			}
		},
		Done: func(context.Context, Answer) { written++ },
		Receipt: func(context.Context, ReceiptInput) (string, error) {
			if failing {
				return "", errors.New("no key")
			}
			return "", nil
		},
	})
	send(t, h, post(body(`{ __typename }`, nil)))
	send(t, h, post(body(`{ nothing }`, nil)))
	failing = true
	send(t, h, post(body(`{ __typename }`, nil)))
	if got := strings.Join(released, " "); got != `{"__typename":"Query"}` {
		t.Errorf("given back: %s", got)
	}
}

func TestHowManyDocumentsAreKept(t *testing.T) {
	h := New(new(small), Options{Documents: 2}).(*handler)
	for _, query := range []string{`{ a: __typename }`, `{ b: __typename }`, `{ c: __typename }`} {
		send(t, h, post(body(query, nil)))
	}
	if got := h.documents.Keys(); len(got) != 2 || got[0] != `{ b: __typename }` {
		t.Errorf("kept %q", got)
	}
}

// Extensions stand in an answer that has none of its own, too.
func TestExtensionsAlone(t *testing.T) {
	plain := func(context.Context) *graphql.Response { return &graphql.Response{Data: []byte(`{}`)} }
	h := New(new(small), Options{
		Use:        []graphql.HandlerExtension{extension{respond: plain}},
		Extensions: func(context.Context) map[string]any { return map[string]any{"gaps": 1} },
		Receipt:    func(context.Context, ReceiptInput) (string, error) { return "signed", nil },
	})
	if out := send(t, h, post(body(`{ __typename }`, nil))); out.Body.String() != `{"data":{},"extensions":{"gaps":1,"receipt":"signed"}}` {
		t.Errorf("got %s", out.Body)
	}
}

// What cannot be written is one error, and nothing is disclosed.
func TestAnAnswerThatCannotBeWritten(t *testing.T) {
	unwritable := map[string]any{"code": "PATIENT_NOT_FOUND", "x": make(chan int)}
	for name, options := range map[string]Options{
		"its extensions": {Extensions: func(context.Context) map[string]any { return unwritable }},
		"an error":       {ErrorPresenter: func(context.Context, error) *gqlerror.Error { return &gqlerror.Error{Extensions: unwritable} }},
	} {
		told := 0
		options.OnInternal = func(_ context.Context, err error) {
			if told++; err == nil {
				t.Errorf("%s: nothing is told", name)
			}
		}
		out := send(t, New(new(small), options), post(body(`{ wide { id } refuses }`, nil)))
		if out.Body.String() != `{"errors":[{"message":"`+wentWrong+`","extensions":{"code":"INTERNAL"}}]}` || out.Code != 500 || told != 1 {
			t.Errorf("%s: got %d %s, told %d", name, out.Code, out.Body, told)
		}
	}
}
