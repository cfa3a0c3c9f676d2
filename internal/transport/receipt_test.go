package transport

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"carerecord/internal/receipt"
)

func TestReceipt(t *testing.T) {
	var got ReceiptInput
	h := New(new(small), Options{
		Receipt: func(_ context.Context, in ReceiptInput) (string, error) {
			got = in
			got.Data = bytes.Clone(in.Data)
			return "signed", nil
		},
		Extensions: func(context.Context) map[string]any { return map[string]any{"gaps": []string{"GP"}} },
	})
	query := `query Record($n: NHSNumber!) { patient(nhsNumber: $n) { id } b: breaks refuses }`
	out := send(t, h, post(body(query, map[string]any{"n": goodNumber})))
	if out.Extensions["receipt"] != "signed" || out.Extensions["gaps"] == nil {
		t.Errorf("got %v", out.Extensions)
	}
	if got.Document != query || got.Operation != "Record" || got.Variables["n"] != goodNumber || got.Telling {
		t.Errorf("got %+v", got)
	}
	if !bytes.Equal(got.Data, out.Data) {
		t.Errorf("signed %s and sent %s", got.Data, out.Data)
	}
	signed, _ := json.Marshal(got.Errors)
	sent, _ := json.Marshal(out.Errors)
	if len(out.Errors) != 2 || !bytes.Equal(signed, sent) {
		t.Errorf("signed %s and sent %s", signed, sent)
	}
}

// What is signed is what is sent, to the last error.
func TestASignedAnswerVerifies(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	secret := bytes.Repeat([]byte{2}, 32)
	signer, err := receipt.NewSigner(key, secret, "type Query { a: String }")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := receipt.ParseKeys(signer.KeySet())
	if err != nil {
		t.Fatal(err)
	}
	h := New(new(small), Options{
		Receipt: func(_ context.Context, in ReceiptInput) (string, error) {
			return signer.Sign(receipt.Answer{
				Document: in.Document, Keyed: in.Telling, Operation: in.Operation, Variables: in.Variables,
				Data: in.Data, Errors: in.Errors, Extensions: in.Extensions,
			})
		},
		Extensions: func(context.Context) map[string]any {
			return map[string]any{"gaps": []map[string]any{{"sector": "GP", "at": 1e21, "text": "<é\u2028>"}}}
		},
	})
	for _, query := range []string{
		`query Q($n: NHSNumber!, $f: Int) { patient(nhsNumber: $n) { id } search(first: $f) { name } }`,
		`query Q($n: NHSNumber!, $f: Int) { refuses b: breaks patient(nhsNumber: $n) { id } search(text: "Ada", first: $f) { name } c: breaks }`,
	} {
		out := send(t, h, post(`{"operationName":"Q","query":`+strconv.Quote(query)+`,"variables":{"n":"9990000018","f":5.0}}`))
		r, err := receipt.Verify(out.Body.Bytes(), keys)
		if err != nil {
			t.Fatalf("%v: %s", err, out.Body)
		}
		if err := errors.Join(r.CheckDocument([]byte(query), secret), r.CheckVariables([]byte(`{"f":5,"n":"9990000018"}`), secret)); err != nil {
			t.Error(err)
		}
		if _, err := receipt.Verify(bytes.Replace(out.Body.Bytes(), []byte(`"name":"name"`), []byte(`"name":"Name"`), 1), keys); !errors.Is(err, receipt.ErrChanged) {
			t.Errorf("a changed answer: %v", err)
		}
	}
}

// An answer that discloses nothing is the same whether receipts are given or not.
func TestAnswersWithoutReceipt(t *testing.T) {
	none := New(new(small), Options{Receipt: func(context.Context, ReceiptInput) (string, error) { return "", nil }})
	plain := New(new(small), Options{})
	for _, query := range []string{`{ refuses }`, `{ __typename }`, `{ nothing }`, `{`} {
		with, without := send(t, none, post(body(query, nil))), send(t, plain, post(body(query, nil)))
		if with.Body.String() != without.Body.String() || !reflect.DeepEqual(with.Header(), without.Header()) || with.Code != without.Code {
			t.Errorf("%s: got %s and %s", query, with.Body, without.Body)
		}
	}
}

func TestNothingIsDisclosedWithoutItsReceipt(t *testing.T) {
	var told error
	h := New(new(small), Options{
		Receipt:    func(context.Context, ReceiptInput) (string, error) { return "", errors.New("no key") },
		Extensions: func(context.Context) map[string]any { return map[string]any{"gaps": 1} },
		OnInternal: func(_ context.Context, err error) { told = err },
	})
	out := send(t, h, post(body(`{ wide { id } }`, nil)))
	if out.Code != 500 || out.code() != Internal || out.Data != nil || out.Extensions != nil || strings.Contains(out.Body.String(), "key") {
		t.Errorf("got %d %s", out.Code, out.Body)
	}
	if told == nil {
		t.Error("nobody was told")
	}
}

// A document is telling where a value in it could be guessed from a hash of it.
func TestTellingDocuments(t *testing.T) {
	for query, want := range map[string]bool{
		`{ wide { id } }`: false, `{ search(first: 5) { id } }`: false, `query ($t: String) { search(text: $t) { id } }`: false,
		`{ search(text: "Ada") { id } }`: true, `query ($t: String = "Ada") { search(text: $t) { id } }`: true,
		`{ search(filter: {any: [{numbers: ["` + goodNumber + `"]}]}) { id } }`: true, "{ wide { id } } # " + goodNumber: true,
	} {
		var telling bool
		h := New(new(small), Options{Receipt: func(_ context.Context, in ReceiptInput) (string, error) { telling = in.Telling; return "signed", nil }})
		for range 2 { // parsed, and kept
			if out := send(t, h, post(body(query, nil))); out.code() != "" || telling != want {
				t.Errorf("%s: telling is %v: %s", query, telling, out.Body)
			}
		}
	}
}

// What two interfaces ask of one object is merged and written once: gqlgen alone writes what the first asks.
func TestAKeyIsWrittenOnce(t *testing.T) {
	query := `{ wide { dated { id ... on Item { id } ... on Stay { id rooms { id } } ... on Dated { id } ...F } } } fragment F on Item { id ... on Dated { id } ... on Stay { rooms { name } } }`
	out := send(t, New(new(small), Options{}), post(body(query, nil)))
	if want := `{"wide":{"dated":[{"id":"id","rooms":[{"id":"id","name":"name"}]}]}}`; string(out.Data) != want {
		t.Errorf("got %s, want %s", out.Data, want)
	}
}
