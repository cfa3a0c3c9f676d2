package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	urlEvery  = 5 * time.Minute  // how soon a key that was rotated out is no longer accepted
	urlRetry  = 30 * time.Second // how soon a failed look is repeated
	urlLimit  = 10 * time.Second // unknown kids, which strangers can send, cause at most one look in this time
	urlWithin = 5 * time.Second  // how long one look may take, including the body
)

// URLOptions say how a published key set is kept. The zero value can be used.
type URLOptions struct {
	KeyOptions
	Every     time.Duration     // how often it is fetched; 5 minutes if 0, whatever the answer's caching headers say
	Timeout   time.Duration     // how long one fetch may take; 5 seconds if 0
	Transport http.RoundTripper // http.DefaultTransport if nil
}

// URLKeys is a JWK Set published at a URL, fetched in the background.
type URLKeys struct {
	url      string
	client   *http.Client
	shelf    *shelf
	fetching chan struct{} // holds a token while somebody fetches; a channel, because testing/synctest can wait for it
	asked    time.Time     // when Newer last fetched; guarded by fetching
}

// KeysFromURL fetches the JWK Set at address now, and again and again until ctx
// is done. The address must be https, or http on this machine. Redirects are not
// followed. The error says what is wrong with the first answer. A later bad
// answer leaves the last good set in force.
func KeysFromURL(ctx context.Context, address string, o URLOptions) (*URLKeys, error) {
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	if o.Every == 0 {
		o.Every = urlEvery
	}
	if o.Timeout == 0 {
		o.Timeout = urlWithin
	}
	k := &URLKeys{url: address, shelf: newShelf(o.KeyOptions), fetching: make(chan struct{}, 1), client: &http.Client{
		Transport: o.Transport,
		Timeout:   o.Timeout,
		// The keys are the root of trust. They come only from where the operator
		// said.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if err := k.fetch(ctx); err != nil {
		return nil, err
	}
	go k.keepFresh(ctx, o.Every) // so that a rotation is noticed without traffic
	return k, nil
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("the address of the signing keys is not a URL")
	case u.User != nil:
		return errors.New("the address of the signing keys holds a password; leave it out")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return errors.New("the address of the signing keys must be https")
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// Keys returns the last good set, or ErrNoKeys if it is older than MaxStale.
func (k *URLKeys) Keys() (*KeySet, error) { return k.shelf.keys() }

// Newer fetches the set, at most once in ten seconds however many ask. Those who
// ask meanwhile wait for the same answer.
func (k *URLKeys) Newer() (*KeySet, error) {
	k.fetching <- struct{}{}
	defer func() { <-k.fetching }()
	if now := k.shelf.Now(); now.Sub(k.asked) >= urlLimit {
		k.asked = now
		if err := k.fetch(context.Background()); err != nil { // the client limits the time
			k.shelf.OnError(err)
		}
	}
	return k.shelf.keys()
}

func (k *URLKeys) keepFresh(ctx context.Context, every time.Duration) {
	next := every
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
		next = every
		if err := k.refresh(ctx); err != nil && ctx.Err() == nil {
			k.shelf.OnError(err)
			next = min(every, urlRetry)
		}
	}
}

func (k *URLKeys) refresh(ctx context.Context) error {
	k.fetching <- struct{}{}
	defer func() { <-k.fetching }()
	return k.fetch(ctx)
}

func (k *URLKeys) fetch(ctx context.Context) error {
	raw, err := k.download(ctx)
	if err != nil {
		return fmt.Errorf("the published signing keys: %w", err)
	}
	if err := k.shelf.put(raw); err != nil {
		return fmt.Errorf("the published signing keys: %w", err)
	}
	return nil
}

func (k *URLKeys) download(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := k.client.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return nil, errors.New("the address redirects; configure the one it leads to")
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	return readAll(answer.Body)
}

// withoutURL returns only the reason of an error: an address may hold a key in
// its query.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
