package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"carerecord/bench/data"
	"carerecord/internal/receipt"
)

// TestFloorKeepsTheRules: nobody without a token; an objection is in force; each answer
// has its events, and a receipt that holds.
func TestFloorKeepsTheRules(t *testing.T) {
	s := given(t)
	byHand, service := theFloor(t), theService(t)
	own, err := pgx.Connect(t.Context(), world.server.AdminDSN("bench_own"))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close(t.Context())
	events := func() (n int) {
		if err := own.QueryRow(t.Context(), `SELECT count(*)::int FROM audit.event`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if w := post(t, byHand, "", "/ward-list", `{"nhsNumbers":["9990000018"]}`); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", w.Code)
	}

	numbers := data.Numbers(residents)
	objects := string(numbers[residents-1])
	_, err = own.Exec(t.Context(), `INSERT INTO consent.directive (nhs_number, received_on, channel, requested_by, recorded_by) VALUES ($1, current_date, 'PAPER_FORM', 'SELF', '{}')`, objects)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{objects, string(numbers[0]), string(numbers[1])}
	before := events()
	got := ask(t, byHand, s.Tokens[0], "/ward-list", map[string]any{"nhsNumbers": texts})
	if n := events() - before; n != len(texts) {
		t.Errorf("%d events for %d patients", n, len(texts))
	}
	want := ask(t, service, s.Tokens[0], "/graphql", map[string]any{"query": document(t, "ward-list"), "variables": map[string]any{"nhsNumbers": texts}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with an objection the ward list differs (- service + floor)\n%s", diff)
	}
	w := post(t, byHand, s.Tokens[0], "/full-record", `{"nhsNumber":"`+objects+`"}`)
	if text := w.Body.String(); !strings.Contains(text, `"RECORD_WITHHELD"`) || strings.Contains(text, "receipt") || strings.Contains(text, "allergies") {
		t.Errorf("of a person who objects: %s", text)
	}

	signer, err := s.Receipts()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := receipt.ParseKeys(signer.KeySet())
	if err != nil {
		t.Fatal(err)
	}
	answer := post(t, byHand, s.Tokens[0], "/full-record", `{"nhsNumber":"`+texts[1]+`"}`).Body.Bytes()
	if _, err := receipt.Verify(answer, keys); err != nil {
		t.Errorf("the receipt of an answer: %v", err)
	}
	if _, err := receipt.Verify(bytes.Replace(answer, []byte("Example"), []byte("example"), 1), keys); err == nil {
		t.Error("the receipt holds for another answer")
	}
}

func post(t testing.TB, server http.Handler, token, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}
