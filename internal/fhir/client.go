package fhir

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"carerecord/internal/record"
)

// Options are the credentials for a source and the limits on its answers.
type Options struct {
	TLS     *tls.Config               // our certificate and the roots we trust; see Identity
	OAuth   *clientcredentials.Config // nil if the source needs no token
	Header  http.Header               // sent with every request
	Sign    *Assertion                // with OAuth: replaces the client secret; nil to use the secret
	Version string                    // "3.0" or "4.0"; an answer that states another version is malformed

	MaxBody  int64         // bytes of an answer after decompression; 0 means 16 MB
	MaxConns int           // connections to the source, and concurrent requests; 0 means 16
	Timeout  time.Duration // of a request whose context has no deadline; 0 means 30 s
}

const (
	maxBody    = 16 << 20
	maxOutcome = 64 << 10
)

// A Client is a FHIR source over HTTP. It follows no redirect, and no link that leaves its base URL.
type Client struct {
	base    *url.URL
	options Options
	http    *http.Client
	tokens  *tokens
	places  chan struct{} // semaphore of concurrent requests: HTTP/2 puts no limit on one connection
}

// NewClient returns a client for a base URL such as https://host/B82617/STU3/1/gpconnect/structured/fhir.
// An unusable URL is record.ErrInvalid.
func NewClient(base string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("%w: the address of a FHIR source is written as https://host/path, without user, query or fragment", record.ErrInvalid)
	}
	if u.Scheme == "http" && (o.OAuth != nil || o.TLS != nil) {
		return nil, fmt.Errorf("%w: a FHIR source with a token or a certificate must have an https address", record.ErrInvalid)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	if o.MaxBody == 0 {
		o.MaxBody = maxBody
	}
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	c := &Client{base: u, options: o, http: newHTTP(o), places: make(chan struct{}, o.MaxConns)}
	if o.OAuth != nil {
		c.tokens = newTokens(o.OAuth, o.Sign, c.http)
	}
	return c, nil
}

func newHTTP(o Options) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:        o.TLS,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // body decompresses, so that MaxBody counts decompressed bytes
			MaxConnsPerHost:        o.MaxConns,
			MaxIdleConnsPerHost:    o.MaxConns,
			IdleConnTimeout:        90 * time.Second,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Fetch sends one request to the source and returns its checked answer. See Fetcher for the errors.
func (c *Client) Fetch(ctx context.Context, r Request) ([]byte, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
	}
	request, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return nil, failure(ctx, ctx.Err())
	}
	if c.tokens != nil {
		if err := c.tokens.authorise(ctx, request); err != nil {
			return nil, err
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, failure(ctx, err)
	}
	defer response.Body.Close()
	return c.answer(ctx, response)
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	address, err := c.address(r)
	if err != nil {
		return nil, err
	}
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		method, body = http.MethodPost, bytes.NewReader(r.Body)
	}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%w: a request that cannot be made", record.ErrInvalid)
	}
	for _, header := range []http.Header{c.options.Header, r.Header} {
		for name, values := range header {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	request.Header.Set("Accept", "application/fhir+json")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Cache-Control", "no-store")
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/fhir+json")
	}
	return request, nil
}

// address is the URL of a request. A link that the source supplied must stay below the base.
func (c *Client) address(r Request) (*url.URL, error) {
	if r.Link == "" {
		u := c.base.JoinPath(r.Path)
		u.RawQuery = r.Query.Encode()
		return u, nil
	}
	u, err := c.base.Parse(r.Link)
	if err != nil || !c.within(u) {
		return nil, Malformedf("a link that leads away from the source")
	}
	return u, nil
}

func (c *Client) within(u *url.URL) bool {
	path, base := u.EscapedPath(), c.base.EscapedPath()
	return u.Scheme == c.base.Scheme && strings.EqualFold(u.Host, c.base.Host) && u.User == nil && u.Opaque == "" &&
		!strings.Contains(path, "/.") && !strings.Contains(strings.ToLower(path), "%2e") && (path == base || strings.HasPrefix(path, base+"/"))
}

func (c *Client) answer(ctx context.Context, response *http.Response) ([]byte, error) {
	if response.StatusCode != http.StatusOK {
		return nil, c.refusal(ctx, response)
	}
	if err := c.isFHIR(response.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	data, err := body(ctx, response, c.options.MaxBody)
	if err == nil {
		err = Check(data)
	}
	if errors.Is(err, record.ErrMalformed) {
		err = garbled{err}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// refusal is the error of an answer whose status is not 200. Only outcome codes are read from its body.
func (c *Client) refusal(ctx context.Context, response *http.Response) error {
	e := &StatusError{Status: response.StatusCode, Kind: kindOf(response.StatusCode)}
	if c.isFHIR(response.Header.Get("Content-Type")) == nil {
		if data, err := body(ctx, response, maxOutcome); err == nil && Check(data) == nil {
			e.Codes = Codes(data)
		}
	}
	if response.StatusCode == http.StatusUnauthorized && c.tokens != nil {
		c.tokens.forget()
	}
	return e
}

// isFHIR returns an error if the content type is not FHIR JSON in UTF-8 of the expected version.
func (c *Client) isFHIR(header string) error {
	kind, parameters, err := mime.ParseMediaType(header)
	switch {
	case err != nil, kind != "application/fhir+json" && kind != "application/json+fhir":
		return Malformedf("the answer is no FHIR JSON")
	case parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8"):
		return Malformedf("the answer is not UTF-8")
	case c.options.Version != "" && parameters["fhirversion"] != "" && !strings.HasPrefix(parameters["fhirversion"], c.options.Version):
		return Malformedf("the answer is of another version of FHIR")
	}
	return nil
}

// body reads and decompresses an answer of at most limit bytes.
func body(ctx context.Context, response *http.Response, limit int64) ([]byte, error) {
	var reader io.Reader = response.Body
	switch strings.ToLower(response.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(reader)
		if err != nil {
			return nil, broken(ctx, err)
		}
		reader = unzipped
	default:
		return nil, Malformedf("compressed in a way that was not asked for")
	}
	data, err := io.ReadAll(io.LimitReader(reader, limit+1))
	switch {
	case err != nil:
		return nil, broken(ctx, err)
	case int64(len(data)) > limit:
		return nil, Malformedf("larger than %d bytes", limit)
	}
	return data, nil
}

// broken is the error of a body that ended early or cannot be decompressed.
func broken(ctx context.Context, err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return Malformedf("compressed wrongly")
	}
	return failure(ctx, err)
}

// failure is the error of a request without a complete answer. It leaves out the text of err, which names
// the host and repeats the query, and says in our words why a server was not reached.
func failure(ctx context.Context, err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return record.ErrTimeout
	case ctx.Err() != nil: // the caller no longer waits
		return ctx.Err()
	case errors.As(err, &timeout) && timeout.Timeout():
		return record.ErrTimeout
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: the answer was cut short", record.ErrUnavailable)
	}
	return record.Unreached(err)
}
