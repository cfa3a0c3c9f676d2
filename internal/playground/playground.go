// Package playground is the page a developer explores the demo with: GraphiQL,
// a choice of persona and of resident, and the contract's operations ready to
// send. All of it is in the binary; the page asks nothing of any other host.
//
// The page is handed working tokens, so it belongs to demo mode alone.
package playground

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Options are what the page shows and where it sends it.
type Options struct {
	// Endpoint is the path of the graph on this server. Empty means /graphql.
	Endpoint string
	// Operations are the tabs, in order.
	Operations []Operation
	// Personas returns who the page may ask as, each with a token that is good
	// now. It is called when the page opens and when a token has run out.
	Personas func(context.Context) ([]Persona, error)
	// Residents returns the people to choose from. It may be nil.
	Residents func(context.Context) ([]Resident, error)
	// Hosts are the names, beside those of the loopback interface, that a
	// browser may call this server by; without ports.
	Hosts []string
	// Logger is told what the page is not. Nil means slog.Default().
	Logger *slog.Logger
}

// An Operation is a GraphQL document in a tab of its own.
type Operation struct {
	Name      string          `json:"name"`
	Query     string          `json:"query"`
	Variables json.RawMessage `json:"variables,omitempty"` // a JSON object, or nothing
}

// A Persona is someone the page may ask as.
type Persona struct {
	Persona      string       `json:"persona"`
	Label        string       `json:"label"`
	Role         string       `json:"role"`
	Purpose      string       `json:"purpose"`
	Organisation Organisation `json:"organisation"`
	Token        string       `json:"token"`
	ExpiresAt    time.Time    `json:"expiresAt"`
}

// An Organisation is where a persona works.
type Organisation struct {
	ODSCode string `json:"odsCode"`
	Name    string `json:"name"`
}

// A Resident is someone the page may ask about. Note says in a few words what
// is worth seeing in the record.
type Resident struct {
	NHSNumber string `json:"nhsNumber"`
	Name      string `json:"name"`
	Note      string `json:"note,omitempty"`
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// Handler serves the page at / and what it needs below /playground/. It answers
// GET and HEAD, and only to a browser that came by a name in Options.
func Handler(o Options) http.Handler {
	if o.Endpoint == "" {
		o.Endpoint = "/graphql"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", servePage)
	mux.HandleFunc("GET /playground/assets/{name}", serveAsset)
	mux.HandleFunc("GET /playground/licences", serveLicences)
	mux.Handle("GET /playground/settings", sameOrigin(answer(o.Logger, o.settings)))
	mux.Handle("GET /playground/personas", sameOrigin(answer(o.Logger, listed(o.Personas))))
	mux.Handle("GET /playground/residents", sameOrigin(answer(o.Logger, listed(o.Residents))))
	return guard(o.Hosts, mux)
}

func servePage(w http.ResponseWriter, _ *http.Request) {
	nonce := rand.Text()
	var text strings.Builder
	err := page.Execute(&text, map[string]string{
		"Nonce": nonce, "Script": assets.url(".js"), "Style": assets.url(".css"), "Icon": assets.url(".svg"),
	})
	if err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", policy(nonce))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(text.String()))
}

type settings struct {
	Endpoint   string      `json:"endpoint"`
	Operations []Operation `json:"operations"`
}

func (o Options) settings(context.Context) (settings, error) {
	return settings{o.Endpoint, append([]Operation{}, o.Operations...)}, nil
}

// listed makes an empty list of no list, which is what the page can read.
func listed[T any](list func(context.Context) ([]T, error)) func(context.Context) ([]T, error) {
	return func(ctx context.Context) ([]T, error) {
		if list == nil {
			return []T{}, nil
		}
		values, err := list(ctx)
		return append([]T{}, values...), err
	}
}

// answer writes what read returns as JSON. The error's own text goes to the
// log, not to the page.
func answer[T any](logger *slog.Logger, read func(context.Context) (T, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		value, err := read(r.Context())
		if err == nil {
			body, err = json.Marshal(value)
		}
		if err != nil {
			logger.ErrorContext(r.Context(), "playground: reading for the page", "path", r.URL.Path, "error", err)
			http.Error(w, "not available at the moment", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(body)
	})
}
