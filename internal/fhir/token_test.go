package fhir

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2/clientcredentials"

	"carerecord/internal/record"
)

// A tokenServer answers requests for tokens after a second.
type tokenServer struct {
	asked  int
	status int
	err    error
}

func (s *tokenServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	select {
	case <-time.After(time.Second):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{StatusCode: s.status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"access_token":"t","token_type":"Bearer","expires_in":300}`)), Request: r}, nil
}

func tokensOf(s *tokenServer, sign *Assertion) *tokens {
	return newTokens(&clientcredentials.Config{ClientID: "us", ClientSecret: "s3cret", TokenURL: "https://tokens.example"}, sign, &http.Client{Transport: s})
}

// One request fetches the token, and those that can wait for it have it too.
func TestRequestsThatWaitForOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &tokenServer{status: http.StatusOK}
		tokens := tokensOf(server, nil)
		failed := make([]error, 4)
		for i := range failed {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				r := &http.Request{Header: http.Header{}}
				if failed[i] = tokens.authorise(ctx, r); r.Header.Get("Authorization") != "Bearer t" {
					t.Errorf("%d: %v", i, r.Header)
				}
			}()
		}
		synctest.Wait()
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := tokens.authorise(hurried, &http.Request{Header: http.Header{}}); !errors.Is(err, record.ErrTimeout) {
			t.Errorf("one that cannot wait: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := errors.Join(failed...); err != nil || server.asked != 1 {
			t.Errorf("%v, %d tokens", err, server.asked)
		}
	})
}

func TestWhyThereIsNoToken(t *testing.T) {
	unfit := &Assertion{key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), method: jwt.SigningMethodRS512}
	for name, c := range map[string]struct {
		server tokenServer
		sign   *Assertion
		kind   error
		asked  bool
	}{
		"it is refused":              {tokenServer{status: http.StatusBadRequest}, nil, record.ErrRefused, true},
		"we ask too often":           {tokenServer{status: http.StatusTooManyRequests}, nil, record.ErrUnavailable, true},
		"the server is broken":       {tokenServer{status: http.StatusInternalServerError}, nil, record.ErrUnavailable, true},
		"the server is not there":    {tokenServer{err: errors.New("host tokens.example")}, nil, record.ErrUnavailable, true},
		"the server is late":         {tokenServer{err: os.ErrDeadlineExceeded}, nil, record.ErrTimeout, true},
		"we can sign nothing for it": {tokenServer{status: http.StatusOK}, unfit, record.ErrInvalid, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &http.Request{Header: http.Header{}}
				err := tokensOf(&c.server, c.sign).authorise(t.Context(), r)
				if !errors.Is(err, c.kind) || len(r.Header) > 0 || (c.server.asked > 0) != c.asked || strings.Contains(err.Error(), "tokens.example") {
					t.Errorf("%v, %d asked, %v", err, c.server.asked, r.Header)
				}
			})
		})
	}
}

// A statement goes beside what the source wants said besides, which stays as it was set.
func TestAStatementBesideOtherParameters(t *testing.T) {
	sign := &Assertion{key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), method: jwt.SigningMethodEdDSA}
	tokens := tokensOf(nil, sign)
	tokens.config.EndpointParams = url.Values{"resource": {"fhir"}}
	config, err := tokens.signed()
	if err != nil {
		t.Fatal(err)
	}
	if said := config.EndpointParams; said.Get("resource") != "fhir" || said.Get("client_assertion") == "" || config.ClientSecret != "" {
		t.Errorf("%v", said)
	}
	if set := tokens.config; len(set.EndpointParams) != 1 || set.ClientSecret != "s3cret" {
		t.Errorf("it was changed: %v", set.EndpointParams)
	}
}

// Keys are read in the older forms too, and one without a name gives none.
func TestKeysInOlderForms(t *testing.T) {
	rs, errRS := rsa.GenerateKey(rand.Reader, 2048)
	ec, errEC := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	der, errDER := x509.MarshalECPrivateKey(ec)
	if err := errors.Join(errRS, errEC, errDER); err != nil {
		t.Fatal(err)
	}
	for algorithm, block := range map[string]*pem.Block{
		"RS512": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rs)}, "ES256": {Type: "EC PRIVATE KEY", Bytes: der},
	} {
		a, err := ParseAssertion(pem.EncodeToMemory(block), "")
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		statement, err := a.statement("us", "https://tokens.example", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := jwt.NewParser().ParseUnverified(statement, jwt.MapClaims{})
		if err != nil || token.Method.Alg() != algorithm {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		if name, named := token.Header["kid"]; named {
			t.Errorf("%s: its name is %v", algorithm, name)
		}
	}
}

// What ended a request is told apart, and its words are left out: they name the host.
func TestRequestsThatGotNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a limit of the connection's": {os.ErrDeadlineExceeded, record.ErrTimeout.Error()},
		"the middle of an answer":     {io.ErrUnexpectedEOF, record.ErrUnavailable.Error() + ": the answer was cut short"},
		"anything else":               {errors.New("dial 192.0.2.1"), record.ErrUnavailable.Error()},
	} {
		if got := failure(t.Context(), &url.Error{Op: "Get", URL: "https://host.example", Err: c.err}); got.Error() != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
