package playground

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"
)

var gp = Persona{
	Persona: "gp", Label: "GP", Role: "GENERAL_PRACTITIONER", Purpose: "TREAT",
	Organisation: Organisation{ODSCode: "F83001", Name: "Example Practice"},
	Token:        "token-of-gp", ExpiresAt: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC),
}

func options() Options {
	return Options{
		Operations: []Operation{{Name: "viewer", Query: "query Viewer { viewer { name } }", Variables: json.RawMessage(`{"b":1,"a":2}`)}},
		Personas:   func(context.Context) ([]Persona, error) { return []Persona{gp}, nil },
		Residents: func(context.Context) ([]Resident, error) {
			return []Resident{{NHSNumber: "9990000018", Name: "Ada Example", Note: "allergies"}}, nil
		},
		Logger: slog.New(slog.DiscardHandler),
	}
}

// ask sends a request to a playground as a browser at its own page would, but
// for the headers given in pairs.
func ask(t *testing.T, o Options, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Host = "127.0.0.1:8080"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Handler(o).ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, body io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPageHeaders(t *testing.T) {
	got := ask(t, options(), "GET", "/")
	if got.StatusCode != http.StatusOK {
		t.Fatalf("status %d, want 200", got.StatusCode)
	}
	for name, want := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := got.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if body := text(t, got.Body); !strings.Contains(body, "Care record – playground") || !strings.Contains(body, `<meta charset="utf-8">`) {
		t.Errorf("the page is not as written, in UTF-8:\n%s", body)
	}
}

func TestPolicy(t *testing.T) {
	nonce := regexp.MustCompile(`nonce="(\w{20,})"`)
	seen := map[string]bool{}
	for range 3 {
		page := ask(t, options(), "GET", "/")
		found := nonce.FindStringSubmatch(text(t, page.Body))
		if found == nil {
			t.Fatal("the page has no nonce")
		}
		want := "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + found[1] + "'; img-src 'self' data:; " +
			"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
		if got := page.Header.Get("Content-Security-Policy"); got != want {
			t.Errorf("policy is\n%s, want\n%s", got, want)
		}
		if seen[found[1]] {
			t.Error("two pages have one nonce")
		}
		seen[found[1]] = true
	}
	for _, target := range []string{"/playground/personas", "/nowhere", assets.url(".js")} {
		if got := ask(t, options(), "GET", target).Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none';") {
			t.Errorf("policy of %s is %q", target, got)
		}
	}
}

func TestPageAsksOnlyThisServer(t *testing.T) {
	body := html.UnescapeString(text(t, ask(t, options(), "GET", "/").Body))
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if !strings.HasPrefix(link[1], "/playground/assets/") {
			t.Errorf("the page asks for %s", link[1])
		}
		if got := ask(t, options(), "GET", link[1]).StatusCode; got != http.StatusOK {
			t.Errorf("%s: status %d, want 200", link[1], got)
		}
	}
	css := text(t, ask(t, options(), "GET", assets.url(".css")).Body)
	for _, url := range regexp.MustCompile(`url\(["']?([^)]{0,12})`).FindAllStringSubmatch(css, -1) {
		if !strings.HasPrefix(url[1], "data:image/") {
			t.Errorf("the style sheet asks for %s", url[1])
		}
	}
}

func TestMethods(t *testing.T) {
	for _, target := range []string{"/", "/playground/personas", "/playground/residents", "/playground/settings", assets.url(".js")} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
			got := ask(t, options(), method, target)
			if got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: status %d, Allow %q", method, target, got.StatusCode, got.Header.Get("Allow"))
			}
		}
		if got := ask(t, options(), "HEAD", target).StatusCode; got != http.StatusOK {
			t.Errorf("HEAD %s: status %d, want 200", target, got)
		}
	}
	if got := ask(t, options(), "GET", "/playground/assets/../page.html").StatusCode; got == http.StatusOK {
		t.Error("a path that climbs out of the assets is answered")
	}
}

func TestWhoMayAsk(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		want    int
	}{
		{"the page itself", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"an address typed in", []string{"Sec-Fetch-Site", "none"}, 200},
		{"no browser at all", nil, 200},
		{"its own origin", []string{"Origin", "http://127.0.0.1:8080"}, 200},
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port of the same host", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another origin from an older browser", []string{"Origin", "https://example.org"}, 403},
		{"another port from an older browser", []string{"Origin", "http://127.0.0.1:3000"}, 403},
		{"a page without an origin", []string{"Origin", "null"}, 403},
		{"localhost", []string{"Host", "localhost:8080"}, 200},
		{"localhost without a port", []string{"Host", "LOCALHOST"}, 200},
		{"another loopback address", []string{"Host", "127.0.0.2:8080"}, 200},
		{"IPv6", []string{"Host", "[::1]:8080"}, 200},
		{"IPv6 without a port", []string{"Host", "[::1]"}, 200},
		{"a name it was told", []string{"Host", "demo.example:8080"}, 200},
		{"a name bound to this address", []string{"Host", "rebound.example:8080"}, 421},
		{"a name that begins like one", []string{"Host", "127.0.0.1.rebound.example"}, 421},
		{"a name that ends like one", []string{"Host", "rebound.localhost.example:8080"}, 421},
		{"an address that is not loopback", []string{"Host", "192.0.2.1:8080"}, 421},
		{"no name", []string{"Host", ""}, 421},
	}
	o := options()
	o.Hosts = []string{"demo.example"}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, target := range []string{"/playground/personas", "/playground/residents", "/playground/settings"} {
				got := ask(t, o, "GET", target, test.headers...)
				if got.StatusCode != test.want {
					t.Errorf("%s: status %d, want %d", target, got.StatusCode, test.want)
				}
				body := text(t, got.Body)
				if test.want != 200 && strings.Contains(body, gp.Token) {
					t.Error("a refusal carries a token")
				}
				if test.want == 421 && !strings.Contains(body, "or by localhost") {
					t.Errorf("a refusal does not say what to do: %s", body)
				}
				if got := got.Header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("Access-Control-Allow-Origin is %q, want none", got)
				}
			}
		})
	}
}

func TestPersonas(t *testing.T) {
	got := ask(t, options(), "GET", "/playground/personas")
	want := `[{"persona":"gp","label":"GP","role":"GENERAL_PRACTITIONER","purpose":"TREAT",` +
		`"organisation":{"odsCode":"F83001","name":"Example Practice"},"token":"token-of-gp","expiresAt":"2026-07-01T12:00:00Z"}]`
	if body := text(t, got.Body); body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if got.Header.Get("Content-Type") != "application/json; charset=utf-8" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers are %v", got.Header)
	}
}

func TestResidents(t *testing.T) {
	if got, want := text(t, ask(t, options(), "GET", "/playground/residents").Body), `[{"nhsNumber":"9990000018","name":"Ada Example","note":"allergies"}]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := text(t, ask(t, Options{}, "GET", "/playground/residents").Body); got != "[]" {
		t.Errorf("no residents are %s, want []", got)
	}
}

func TestSettings(t *testing.T) {
	got := text(t, ask(t, options(), "GET", "/playground/settings").Body)
	want := `{"endpoint":"/graphql","operations":[{"name":"viewer","query":"query Viewer { viewer { name } }","variables":{"b":1,"a":2}}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFailureKeepsItsText(t *testing.T) {
	var log bytes.Buffer
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	o.Personas = func(context.Context) ([]Persona, error) { return nil, errors.New("key file of the demo is gone") }
	got := ask(t, o, "GET", "/playground/personas")
	if body := text(t, got.Body); got.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "key file") {
		t.Errorf("status %d, %q", got.StatusCode, body)
	}
	if !strings.Contains(log.String(), "key file of the demo is gone") {
		t.Errorf("the log has %q", log.String())
	}
}

func TestAssets(t *testing.T) {
	for extension, contentType := range map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8",
	} {
		plain := ask(t, options(), "GET", assets.url(extension))
		packed := ask(t, options(), "GET", assets.url(extension), "Accept-Encoding", "br, gzip")
		for _, got := range []*http.Response{plain, packed} {
			if got.StatusCode != 200 || got.Header.Get("Content-Type") != contentType || got.Header.Get("Vary") != "Accept-Encoding" ||
				got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: status %d, headers %v", extension, got.StatusCode, got.Header)
			}
		}
		if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
			t.Errorf("%s: Content-Encoding is %q, want gzip", extension, got)
		}
		if got := plain.Header.Get("Content-Encoding"); got != "" {
			t.Errorf("%s: Content-Encoding is %q, want none", extension, got)
		}
		unpacked, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text(t, unpacked) != text(t, plain.Body) {
			t.Errorf("%s: the two forms differ", extension)
		}
	}
	got := ask(t, options(), "GET", "/playground/assets/app-0000000000000000.js")
	if got.StatusCode != http.StatusNotFound || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("an asset that is not there: status %d, Cache-Control %q", got.StatusCode, got.Header.Get("Cache-Control"))
	}
}

func TestTakesGzip(t *testing.T) {
	tests := map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0, *": false, "*": true, "*;q=0": false, "br": false, "identity": false,
	}
	for header, want := range tests {
		if got := takesGzip([]string{header}); got != want {
			t.Errorf("%q: %t, want %t", header, got, want)
		}
	}
}

// The sums are of the files, and the names are of what is in them.
func TestAssetsAreAsBuilt(t *testing.T) {
	sums, err := built.ReadFile("assets/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(sums)) {
		sum, name, found := strings.Cut(strings.TrimSpace(line), "  ")
		if !found {
			t.Fatalf("not a sum and a name: %q", line)
		}
		listed[name] = sum
	}
	entries, err := fs.ReadDir(built, "assets")
	if err != nil {
		t.Fatal(err)
	}
	extensions := map[string]int{}
	for _, entry := range entries {
		name := entry.Name()
		if name == "SHA256SUMS" {
			continue
		}
		content, err := built.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(content)); got != listed[name] {
			t.Errorf("%s has the sum %s, listed is %q", name, got, listed[name])
		}
		delete(listed, name)
		if asset, compressed := strings.CutSuffix(name, ".gz"); compressed {
			extensions[path.Ext(asset)]++
			checkName(t, asset, content)
		}
	}
	for name := range listed {
		t.Errorf("%s is listed and not there", name)
	}
	for _, extension := range []string{".js", ".css", ".svg"} {
		if extensions[extension] != 1 {
			t.Errorf("%d assets of type %s, want 1", extensions[extension], extension)
		}
	}
}

func checkName(t *testing.T, name string, compressed []byte) {
	t.Helper()
	content, ok := inflated(compressed)
	if !ok {
		t.Errorf("%s is not whole", name)
		return
	}
	sum := sha256.Sum256(content)
	if want := hex.EncodeToString(sum[:8]); !strings.HasSuffix(strings.TrimSuffix(name, path.Ext(name)), "-"+want) {
		t.Errorf("%s is not the name of its content, %s", name, want)
	}
}

func TestLicences(t *testing.T) {
	body := text(t, ask(t, options(), "GET", "/playground/licences").Body)
	for _, name := range []string{"graphiql 4.1.2 (MIT)", "react 18.3.1 (MIT)", "graphql 16.15.0 (MIT)", "codemirror 5"} {
		if !strings.Contains(body, name) {
			t.Errorf("no notice of %s", name)
		}
	}
}
