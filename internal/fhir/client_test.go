package fhir_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"carerecord/internal/fhir"
	"carerecord/internal/record"
)

const number = record.NHSNumber("9990000018")

// source is a client of a server that answers so.
func source(t *testing.T, o fhir.Options, answer http.HandlerFunc) *fhir.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL+"/base/fhir", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestFetchMeetsEveryKindOfAnswer(t *testing.T) {
	const fhirJSON = "application/fhir+json;charset=UTF-8"
	outcome := func(code string) string {
		return `{"resourceType":"OperationOutcome","issue":[{"details":{"coding":[{"code":"` + code + `"}],"text":"about 9990000018"},"diagnostics":"host db.internal"}]}`
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   error // nil where it can be used
		says   string
	}{
		"a resource":                          {answers(200, fhirJSON, `{"resourceType":"Bundle"}`), nil, ""},
		"the older name of the content type":  {answers(200, "application/json+fhir", `{}`), nil, ""},
		"a page of a web server":              {answers(200, "text/html", `<html>`), record.ErrMalformed, "no FHIR"},
		"plain JSON":                          {answers(200, "application/json", `{}`), record.ErrMalformed, "no FHIR"},
		"no content type":                     {answers(200, "", `{}`), record.ErrMalformed, "no FHIR"},
		"a content type that is cut short":    {answers(200, "application/fhir+json; charset", `{}`), record.ErrMalformed, "no FHIR"},
		"HTML under FHIR's name":              {answers(200, fhirJSON, `<html>`), record.ErrMalformed, "not JSON"},
		"another encoding":                    {answers(200, "application/fhir+json;charset=latin1", `{}`), record.ErrMalformed, "UTF-8"},
		"another version":                     {answers(200, "application/fhir+json;fhirVersion=4.0", `{}`), record.ErrMalformed, "version"},
		"cut short":                           {answers(200, fhirJSON, `{"resourceType":"Bun`), record.ErrMalformed, "not JSON"},
		"not UTF-8":                           {answers(200, fhirJSON, "{\"a\":\"\xff\"}"), record.ErrMalformed, "UTF-8"},
		"as large as the cap":                 {answers(200, fhirJSON, `{"a":"`+strings.Repeat("x", 64<<10-8)+`"}`), nil, ""},
		"larger than the cap by a byte":       {answers(200, fhirJSON, `{"a":"`+strings.Repeat("x", 64<<10-7)+`"}`), record.ErrMalformed, "larger than"},
		"larger than the cap":                 {answers(200, fhirJSON, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`), record.ErrMalformed, "larger than"},
		"nothing created":                     {answers(201, fhirJSON, `{}`), record.ErrMalformed, "201"},
		"not let in":                          {answers(401, fhirJSON, outcome("ACCESS_DENIED")), record.ErrRefused, "ACCESS_DENIED"},
		"forbidden":                           {answers(403, fhirJSON, outcome("NO_PATIENT_CONSENT")), record.ErrRefused, "NO_PATIENT_CONSENT"},
		"not found":                           {answers(404, fhirJSON, outcome("PATIENT_NOT_FOUND")), record.ErrNotFound, "PATIENT_NOT_FOUND"},
		"no longer there":                     {answers(410, fhirJSON, ``), record.ErrNotFound, "410"},
		"a proxy that wants a name":           {answers(407, fhirJSON, ``), record.ErrRefused, "407"},
		"a server that gave up":               {answers(408, fhirJSON, ``), record.ErrTimeout, "408"},
		"a choice":                            {answers(300, fhirJSON, ``), record.ErrUnavailable, "300"},
		"a bad request in a word":             {answers(499, fhirJSON, ``), record.ErrMalformed, "499"},
		"not found, in HTML":                  {answers(404, "text/html", "<html>9990000018"), record.ErrNotFound, "404"},
		"a bad request":                       {answers(400, fhirJSON, outcome("INVALID_NHS_NUMBER")), record.ErrMalformed, "INVALID_NHS_NUMBER"},
		"cannot be processed":                 {answers(422, fhirJSON, outcome("INVALID_RESOURCE")), record.ErrMalformed, "422"},
		"asked too often":                     {answers(429, fhirJSON, ``), record.ErrUnavailable, "429"},
		"broken down":                         {answers(500, fhirJSON, outcome("INTERNAL_SERVER_ERROR")), record.ErrUnavailable, "500"},
		"a gateway that gave up":              {answers(504, "text/html", ``), record.ErrTimeout, "504"},
		"an outcome that names somebody":      {answers(403, fhirJSON, outcome("9990000018")), record.ErrRefused, "403"},
		"an outcome that is no JSON":          {answers(500, fhirJSON, `{`), record.ErrUnavailable, "500"},
		"an outcome without end":              {answers(500, fhirJSON, `{"a":"`+strings.Repeat("x", 1<<20)), record.ErrUnavailable, "500"},
		"a redirect":                          {redirect, record.ErrUnavailable, "302"},
		"an encoding that was not asked for":  {encoded("br", "x"), record.ErrMalformed, "compressed"},
		"gzip that is none":                   {encoded("gzip", "not gzip at all, but long enough"), record.ErrMalformed, "compressed"},
		"gzip that breaks off":                {encoded("gzip", gzipped(`{"resourceType":"Bundle"}`)[:20]), record.ErrUnavailable, "cut short"},
		"gzip that is wrong in the middle":    {encoded("gzip", gzipped(`{"resourceType":"Bundle"}`)[:10]+"\x06 and what is no such thing"), record.ErrMalformed, "compressed"},
		"gzip that grows beyond the cap":      {zipped(`{"a":"` + strings.Repeat("x", 8<<20) + `"}`), record.ErrMalformed, "larger than"},
		"gzip":                                {zipped(`{"resourceType":"Bundle"}`), nil, ""},
		"a body that ends before its length":  {short, record.ErrUnavailable, "cut short"},
		"a connection that is cut":            {cut, record.ErrUnavailable, ""},
		"a list of codes as long as you like": {answers(400, fhirJSON, manyCodes()), record.ErrMalformed, "400"},
	} {
		t.Run(name, func(t *testing.T) {
			client := source(t, fhir.Options{Version: "3.0", MaxBody: 64 << 10}, c.answer)
			data, err := client.Fetch(t.Context(), fhir.Request{Path: "Patient/$gpc.getstructuredrecord", Body: []byte(`{}`), Patient: number})
			if c.kind == nil {
				if err != nil || len(data) == 0 {
					t.Fatalf("%s, %v", data, err)
				}
				return
			}
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v is not %v with %q", err, c.kind, c.says)
			}
			if said := fmt.Sprintf("%v", err); strings.Contains(said, "999") || strings.Contains(said, "127.0.0.1") || strings.Contains(said, "db.internal") || len(said) > 600 {
				t.Errorf("the error says too much: %s", said)
			}
		})
	}
}

func manyCodes() string {
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, `{"code":"CODE_%s"},`, strings.Repeat("X", i))
	}
	return `{"resourceType":"OperationOutcome","issue":[{"details":{"coding":[` + strings.TrimSuffix(b.String(), ",") + `]}}]}`
}

func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "http://192.0.2.1/elsewhere", http.StatusFound)
}

func encoded(encoding, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		answers(200, "application/fhir+json", body)(w, r)
	}
}

func zipped(body string) http.HandlerFunc { return encoded("gzip", gzipped(body)) }

func gzipped(body string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	io.WriteString(z, body)
	z.Close()
	return b.String()
}

func short(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"a":`)
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestARequestSaysWhatFHIRWants(t *testing.T) {
	var got *http.Request
	var body []byte
	client := source(t, fhir.Options{Header: http.Header{"X-Ours": {"1"}}}, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		body, _ = io.ReadAll(r.Body)
		answers(200, "application/fhir+json", `{}`)(w, r)
	})
	if _, err := client.Fetch(t.Context(), fhir.Request{Path: "Patient/$gpc.getstructuredrecord", Body: []byte(`{"a":1}`), Header: http.Header{"Ssp-TraceID": {"t"}}, Patient: number}); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL.String() != "/base/fhir/Patient/$gpc.getstructuredrecord" || string(body) != `{"a":1}` {
		t.Errorf("%s %s %s", got.Method, got.URL, body)
	}
	for name, want := range map[string]string{"Accept": "application/fhir+json", "Accept-Encoding": "gzip", "Content-Type": "application/fhir+json", "X-Ours": "1", "Ssp-Traceid": "t", "Cache-Control": "no-store"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q", name, got.Header.Get(name))
		}
	}
	if _, err := client.Fetch(t.Context(), fhir.Request{Path: "Observation", Query: url.Values{"code": {"http://snomed.info/sct|1"}}}); err != nil {
		t.Fatal(err)
	}
	if got.Method != "GET" || got.Header.Get("Content-Type") != "" || got.URL.Path != "/base/fhir/Observation" || got.URL.Query().Get("code") != "http://snomed.info/sct|1" {
		t.Errorf("%s %s", got.Method, got.URL)
	}
}

// Codes are read from what calls itself FHIR and says one thing.
func TestOutcomesOfARefusal(t *testing.T) {
	const code = `{"resourceType":"OperationOutcome","issue":[{"details":{"coding":[{"code":"NO_PATIENT_CONSENT"}]}}]}`
	for name, c := range map[string]struct {
		contentType, body, want string
	}{
		"an outcome":            {"application/fhir+json", code, "status 403 [NO_PATIENT_CONSENT]"},
		"one not called FHIR":   {"text/html", code, "status 403"},
		"one that says two":     {"application/fhir+json", strings.Replace(code, "{", `{"issue":[],`, 1), "status 403"},
		"one that is too large": {"application/fhir+json", code + strings.Repeat(" ", 64<<10), "status 403"},
	} {
		_, err := source(t, fhir.Options{}, answers(403, c.contentType, c.body)).Fetch(t.Context(), fhir.Request{Path: "x"})
		if !errors.Is(err, record.ErrRefused) || !strings.HasSuffix(err.Error(), ": "+c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer that is not read to its end holds no connection.
func TestConnectionsAreGivenBack(t *testing.T) {
	client := source(t, fhir.Options{MaxConns: 1}, answers(404, "text/html", strings.Repeat("x", 1<<10)))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // one of its own, that goes on after each request
	defer cancel()
	for range 2 {
		if _, err := client.Fetch(ctx, fhir.Request{Path: "x"}); !errors.Is(err, record.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

func TestAClosedClientHasNoConnection(t *testing.T) {
	closed := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(answers(200, "application/fhir+json", `{}`))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client, err := fhir.NewClient(server.URL, fhir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Fetch(t.Context(), fhir.Request{Path: "x"}); err != nil {
		t.Fatal(err)
	}
	client.Close()
	<-closed
}

func TestTheDeadlineHolds(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for name, answer := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		},
		"a trickle": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/fhir+json")
			for r.Context().Err() == nil {
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := source(t, fhir.Options{Timeout: 50 * time.Millisecond}, answer)
			if _, err := client.Fetch(context.Background(), fhir.Request{Path: "x"}); !errors.Is(err, record.ErrTimeout) {
				t.Errorf("without a deadline of its own: %v", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if _, err := client.Fetch(ctx, fhir.Request{Path: "x"}); !errors.Is(err, record.ErrTimeout) {
				t.Errorf("with one: %v", err)
			}
			left, leave := context.WithCancel(t.Context())
			leave()
			if _, err := client.Fetch(left, fhir.Request{Path: "x"}); !errors.Is(err, context.Canceled) {
				t.Errorf("for nobody: %v", err)
			}
		})
	}
}

// The source's own limit is for those who bring none.
func TestTheDeadlineOfAReader(t *testing.T) {
	client := source(t, fhir.Options{Timeout: time.Nanosecond}, answers(200, "application/fhir+json", `{}`))
	if _, err := client.Fetch(t.Context(), fhir.Request{Path: "x"}); !errors.Is(err, record.ErrTimeout) {
		t.Errorf("without one: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := client.Fetch(ctx, fhir.Request{Path: "x"}); err != nil {
		t.Errorf("with one: %v", err)
	}
}

func TestLinksStayWithTheSource(t *testing.T) {
	server := httptest.NewServer(answers(200, "application/fhir+json", `{}`))
	t.Cleanup(server.Close)
	base := server.URL + "/base/fhir"
	client, err := fhir.NewClient(base, fhir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for link, ok := range map[string]bool{
		base + "?page=2":                                 true,
		base + "/Observation?page=2":                     true,
		"/base/fhir/Observation?page=2":                  true,
		"?page=2":                                        true,
		"https://example.test/base/fhir":                 false,
		"//example.test/base/fhir":                       false,
		strings.Replace(base, "http:", "ftp:", 1):        false,
		strings.Replace(base, "http://", "http://a@", 1): false,
		strings.TrimSuffix(base, "fhir") + "fhirother":   false,
		strings.TrimSuffix(base, "fhir") + "other":       false,
		base + "/../../admin":                            false,
		base + "/%2e%2e/admin":                           false,
		"file:///etc/passwd":                             false,
		"http://[::1":                                    false,
	} {
		_, err := client.Fetch(t.Context(), fhir.Request{Link: link})
		if (err == nil) != ok {
			t.Errorf("%s: %v", link, err)
		}
		if err != nil && (!errors.Is(err, record.ErrMalformed) || strings.Contains(err.Error(), "example")) {
			t.Errorf("%s: %v", link, err)
		}
	}
}

// A base may end in a slash, and have one within a name.
func TestLinksBelowABaseThatEndsInASlash(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers(200, "application/fhir+json", `{"asked":"`+r.URL.EscapedPath()+`"}`)(w, r)
	}))
	t.Cleanup(server.Close)
	for _, base := range []string{"/base/fhir", "/base%2Fa/fhir"} {
		client, err := fhir.NewClient(server.URL+base+"/", fhir.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []fhir.Request{{Path: "Observation"}, {Link: base + "/Observation"}} {
			if got, err := client.Fetch(t.Context(), r); err != nil || string(got) != `{"asked":"`+base+`/Observation"}` {
				t.Errorf("%+v of %s: %s, %v", r, base, got, err)
			}
		}
	}
}

func TestSearchReadsToTheEndAndNoFurther(t *testing.T) {
	page := func(entries int, next string) string {
		all := make([]string, entries)
		for i := range all {
			all[i] = `{"resource":{"resourceType":"Observation","id":"` + fmt.Sprint(i) + `"}}`
		}
		link := ""
		if next != "" {
			link = `,"link":[{"relation":"self","url":"x"},{"relation":"next","url":"` + next + `"}]`
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[` + strings.Join(all, ",") + `]` + link + `}`
	}
	serve := func(t *testing.T, answer func(page string) string) *fhir.Client {
		return source(t, fhir.Options{}, func(w http.ResponseWriter, r *http.Request) {
			answers(200, "application/fhir+json", answer(r.URL.Query().Get("page")))(w, r)
		})
	}
	t.Run("three pages", func(t *testing.T) {
		client := serve(t, func(p string) string {
			return map[string]string{"": page(2, "/base/fhir/Observation?page=2"), "2": page(2, "/base/fhir/Observation?page=3"), "3": page(1, "")}[p]
		})
		b, err := fhir.Search(t.Context(), client, fhir.Request{Path: "Observation"})
		if err != nil || len(b.Resources) != 5 {
			t.Fatalf("%v, %v", b, err)
		}
	})
	for name, answer := range map[string]func(string) string{
		"a circle":             func(string) string { return page(1, "/base/fhir/Observation?page=2") },
		"pages without end":    func(p string) string { return page(1, "/base/fhir/Observation?page="+p+"1") },
		"a page that is none":  func(string) string { return `{"resourceType":"OperationOutcome"}` },
		"a page of elsewhere":  func(string) string { return page(1, "http://192.0.2.1/base/fhir/Observation") },
		"entries without end":  func(p string) string { return page(20_000, "/base/fhir/Observation?page="+p+"1") },
		"entries that are one": func(string) string { return `{"resourceType":"Bundle","type":"searchset","entry":{"a":1}}` },
		"a type that is none":  func(string) string { return `{"resourceType":"Bundle","type":7}` },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := fhir.Search(t.Context(), serve(t, answer), fhir.Request{Path: "Observation"}); !errors.Is(err, record.ErrMalformed) {
				t.Error(err)
			}
		})
	}
}

func TestATokenIsFetchedOnceAndAgainWhenItIsNotTaken(t *testing.T) {
	var tokens, refused atomic.Int32
	var mode atomic.Value
	mode.Store("")
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if mode.Load() == "no token" {
			http.Error(w, "the secret s3cret is wrong", http.StatusUnauthorized)
			return
		}
		if mode.Load() == "no server" {
			http.Error(w, "s3cret", http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"t%d","token_type":"Bearer","expires_in":300}`, tokens.Add(1))
	})
	mux.HandleFunc("/fhir/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer t1" && refused.Load() > 0 {
			refused.Add(-1)
			answers(401, "application/fhir+json", `{}`)(w, r)
			return
		}
		answers(200, "application/fhir+json", `{"token":"`+r.Header.Get("Authorization")+`"}`)(w, r)
	})
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	config := &clientcredentials.Config{ClientID: "us", ClientSecret: "s3cret", TokenURL: server.URL + "/token"}
	client, err := fhir.NewClient(server.URL+"/fhir", fhir.Options{OAuth: config, TLS: server.Client().Transport.(*http.Transport).TLSClientConfig})
	if err != nil {
		t.Fatal(err)
	}
	fetch := func() (string, error) {
		data, err := client.Fetch(t.Context(), fhir.Request{Path: "Patient"})
		return string(data), err
	}
	for range 3 {
		if got, err := fetch(); err != nil || got != `{"token":"Bearer t1"}` {
			t.Fatal(got, err)
		}
	}
	refused.Store(1)
	if _, err := fetch(); !errors.Is(err, record.ErrRefused) {
		t.Errorf("a token that is not taken: %v", err)
	}
	if got, err := fetch(); err != nil || got != `{"token":"Bearer t2"}` {
		t.Errorf("after it: %s, %v", got, err)
	}
	for m, kind := range map[string]error{"no token": record.ErrRefused, "no server": record.ErrUnavailable} {
		mode.Store(m)
		fresh, err := fhir.NewClient(server.URL+"/fhir", fhir.Options{OAuth: config, TLS: server.Client().Transport.(*http.Transport).TLSClientConfig})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Fetch(t.Context(), fhir.Request{Path: "Patient"}); !errors.Is(err, kind) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", m, err)
		}
	}
}

func TestAddressesThatCannotBe(t *testing.T) {
	for _, base := range []string{"", "fhir", "ftp://a/b", "https://", "https://a/b?c=d", "https://a/b#c", "https://user:pass@a/b", "http://[::1"} {
		if _, err := fhir.NewClient(base, fhir.Options{}); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := fhir.NewClient("http://a/b", fhir.Options{OAuth: &clientcredentials.Config{}}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a token without TLS: %v", err)
	}
	if _, err := fhir.Identity("none.pem", "none.key", ""); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a certificate that is not there: %v", err)
	}
	if _, err := fhir.Identity("", "", "none.pem"); !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("roots that are not there: %v", err)
	}
	if trusting, err := fhir.Identity("", "", ""); err != nil || trusting.RootCAs != nil {
		t.Errorf("neither: %v", err)
	}
}
