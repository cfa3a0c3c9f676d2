package fhir

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"carerecord/internal/record"
)

// tokens caches the source's access token until it expires. The request that needs a token fetches it
// within its own deadline; the others wait for it as long as their deadlines allow.
type tokens struct {
	config *clientcredentials.Config
	sign   *Assertion // nil to use the client secret
	client *http.Client
	turn   chan struct{}

	mu    sync.Mutex
	token *oauth2.Token
}

func newTokens(config *clientcredentials.Config, sign *Assertion, client *http.Client) *tokens {
	return &tokens{config: config, sign: sign, client: client, turn: make(chan struct{}, 1)}
}

// authorise sets the access token of a request.
func (t *tokens) authorise(ctx context.Context, r *http.Request) error {
	token := t.valid()
	if token == nil {
		select {
		case t.turn <- struct{}{}:
			defer func() { <-t.turn }()
		case <-ctx.Done():
			return failure(ctx, ctx.Err())
		}
		var err error
		if token, err = t.fetch(ctx); err != nil {
			return err
		}
	}
	token.SetAuthHeader(r)
	return nil
}

func (t *tokens) fetch(ctx context.Context) (*oauth2.Token, error) {
	if token := t.valid(); token != nil { // the request before us has fetched it
		return token, nil
	}
	config, err := t.signed()
	if err != nil {
		return nil, err
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return nil, refusedToken(ctx, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = token
	return token, nil
}

// signed returns the token request, with a fresh assertion if we have no client secret.
func (t *tokens) signed() (*clientcredentials.Config, error) {
	if t.sign == nil {
		return t.config, nil
	}
	config := *t.config
	statement, err := t.sign.statement(config.ClientID, config.TokenURL, time.Now())
	if err != nil {
		return nil, fmt.Errorf("%w: the statement for an access token cannot be signed", record.ErrInvalid)
	}
	config.ClientSecret, config.AuthStyle = "", oauth2.AuthStyleInParams
	config.EndpointParams = maps.Clone(config.EndpointParams)
	if config.EndpointParams == nil {
		config.EndpointParams = url.Values{}
	}
	config.EndpointParams.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	config.EndpointParams.Set("client_assertion", statement)
	return &config, nil
}

// refusedToken is the error of a failed token request. It leaves out the server's text, which may repeat
// what we sent.
func refusedToken(ctx context.Context, err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) || answer.Response == nil {
		return failure(ctx, err)
	}
	if status := answer.Response.StatusCode; status < 500 && status != http.StatusTooManyRequests {
		return fmt.Errorf("%w: no access token, status %d; check the client id and the secret or key of the source", record.ErrRefused, status)
	}
	return failure(ctx, err)
}

func (t *tokens) valid() *oauth2.Token {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Valid() {
		return t.token
	}
	return nil
}

// forget drops a token that the source rejects.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = nil
}

// Identity returns a TLS configuration with our certificate that trusts only the given roots, or the
// system's if roots is "". The certificate is read again for every connection, so that it can be renewed
// without a restart. One that cannot be read now is an error now.
func Identity(certificate, key, roots string) (*tls.Config, error) {
	read := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		return &pair, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if certificate != "" {
		if _, err := read(); err != nil {
			return nil, fmt.Errorf("%w: the client certificate or its key cannot be read: %w", record.ErrInvalid, err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return read() }
	}
	if roots == "" {
		return config, nil
	}
	pem, err := os.ReadFile(roots)
	if err != nil {
		return nil, fmt.Errorf("%w: the trusted roots cannot be read: %w", record.ErrInvalid, err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: the file of trusted roots holds no certificate in PEM", record.ErrInvalid)
	}
	return config, nil
}
