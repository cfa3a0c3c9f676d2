package optout

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"carerecord/internal/consent"
	"carerecord/internal/record"

	"github.com/google/go-cmp/cmp"
)

var opened = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// queue keeps what is added, as the real one does: one request under a reference.
type queue struct {
	mu    sync.Mutex
	added []consent.OptOutRequest
	err   error
}

func (q *queue) add(_ context.Context, r consent.OptOutRequest) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	if err := r.Check(); err != nil {
		return err
	}
	for _, there := range q.added {
		if there.Reference == r.Reference {
			if cmp.Equal(there, r) {
				return nil
			}
			return consent.ErrReferenceUsed
		}
	}
	q.added = append(q.added, r)
	return nil
}

func options(q *queue) Options {
	return Options{Add: q.add, Key: []byte(strings.Repeat("k", keySize)), Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return opened }}
}

// visit is a person at the page, at a moment that the test moves.
type visit struct {
	t       *testing.T
	handler http.Handler
	options Options
	now     time.Time
	events  []Event
	from    string
	header  http.Header
	path    string
}

func enter(t *testing.T, o Options) *visit {
	t.Helper()
	v := &visit{t: t, now: opened, from: "192.0.2.1:1000", path: Path, header: http.Header{}}
	o.Now = func() time.Time { return v.now }
	o.Observe = func(_ context.Context, e Event) { v.events = append(v.events, e) }
	handler, err := Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	v.handler, v.options = handler, o
	return v
}

func (v *visit) ask(r *http.Request) *http.Response {
	r.RemoteAddr, r.Host = v.from, "opt-out.example"
	for name, values := range v.header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w.Result()
}

func (v *visit) get(path string) *http.Response {
	return v.ask(httptest.NewRequest(http.MethodGet, path, nil))
}

func (v *visit) post(values url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, v.path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.ask(r)
}

// token is a form's, opened now.
func (v *visit) token() string { return sealer{v.options.Key}.seal(v.now) }

// filled is a form that was opened long enough ago, with changes in pairs.
func (v *visit) filled(changes ...string) url.Values {
	values := url.Values{
		"kind": {"OPT_OUT"}, "by": {"SELF"}, "name": {"Ada Example"}, "day": {"3"}, "month": {"2"}, "year": {"1950"}, "postcode": {"n19gu"},
		"number": {"999 000 0018"}, "rep_name": {""}, "relationship": {""}, "evidence": {""}, "contact": {""}, "more": {""}, "token": {v.token()},
	}
	v.now = v.now.Add(time.Minute)
	for i := 0; i < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return values
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (v *visit) last() Event {
	if len(v.events) == 0 {
		return ""
	}
	return v.events[len(v.events)-1]
}

func TestARequestComesToTheQueue(t *testing.T) {
	q := &queue{}
	v := enter(t, options(q))
	v.path = Path + "/bn"
	response := v.post(v.filled("kind", "CHANGE_OF_MIND", "by", "DEPUTY", "name", "  রহিমা \t খাতুন ", "day", "০৩", "number", "৯৯৯ ০০০ ০০১৮",
		"rep_name", "Rae", "relationship", "deputy", "evidence", "order 1", "contact", "rae@example.org"))
	if response.StatusCode != http.StatusOK || v.last() != Sent || len(q.added) != 1 {
		t.Fatalf("status %d, %v, %d added", response.StatusCode, v.events, len(q.added))
	}
	got := q.added[0]
	want := consent.OptOutRequest{
		Reference: got.Reference, Kind: consent.AskChangeOfMind, Language: "bn", Name: "রহিমা খাতুন", BirthDate: "1950-02-03", Postcode: "N1 9GU",
		NHSNumber: "9990000018", RequestedBy: consent.ByDeputy, Contact: "rae@example.org",
		Representative: &consent.Representative{Name: "Rae", Relationship: "deputy", Evidence: "order 1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := body(t, response); !strings.Contains(text, got.Reference) || strings.Contains(text, "999") || strings.Contains(text, "Rae") {
		t.Errorf("the confirmation says the reference and nothing of what was written:\n%s", text)
	}
}

func TestAFormSentTwiceIsOneRequest(t *testing.T) {
	q := &queue{}
	v := enter(t, options(q))
	values := v.filled()
	first, second := v.post(values), v.post(values)
	if a, b := body(t, first), body(t, second); a != b || first.StatusCode != http.StatusOK || second.StatusCode != http.StatusOK || len(q.added) != 1 {
		t.Errorf("%d and %d, %d added; alike %t", first.StatusCode, second.StatusCode, len(q.added), a == b)
	}
	values.Set("name", "Another Example")
	third := v.post(values)
	text := body(t, third)
	if third.StatusCode != http.StatusConflict || v.last() != Twice || len(q.added) != 1 || !strings.Contains(text, `value="Another Example"`) {
		t.Errorf("with other answers: %d, %s, %d added\n%s", third.StatusCode, v.last(), len(q.added), text)
	}
	values.Set("token", tokenOf(t, text))
	v.now = v.now.Add(time.Minute)
	if fourth := v.post(values); fourth.StatusCode != http.StatusOK || len(q.added) != 2 || q.added[0].Reference == q.added[1].Reference {
		t.Errorf("sent again as the page says: %d, %d added", fourth.StatusCode, len(q.added))
	}
}

func tokenOf(t *testing.T, text string) string {
	t.Helper()
	_, after, _ := strings.Cut(text, `name="token" value="`)
	token, _, ok := strings.Cut(after, `"`)
	if !ok || token == "" {
		t.Fatal("no token on the page")
	}
	return token
}

func TestTokens(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(v *visit, values url.Values)
		want  Event
	}{
		{"as it was", func(*visit, url.Values) {}, Sent},
		{"none", func(_ *visit, values url.Values) { values.Del("token") }, Expired},
		{"of another key", func(v *visit, values url.Values) { values.Set("token", sealer{[]byte("other")}.seal(opened)) }, Expired},
		{"one letter changed", func(_ *visit, values url.Values) {
			token := []byte(values.Get("token"))
			token[12] ^= 1
			values.Set("token", string(token))
		}, Expired},
		{"cut", func(_ *visit, values url.Values) { values.Set("token", values.Get("token")[:40]) }, Expired},
		{"too soon", func(v *visit, _ url.Values) { v.now = opened.Add(minAge - time.Millisecond) }, Quick},
		{"as soon as may be", func(v *visit, _ url.Values) { v.now = opened.Add(minAge) }, Sent},
		{"at the last moment", func(v *visit, _ url.Values) { v.now = opened.Add(maxAge) }, Sent},
		{"too late", func(v *visit, _ url.Values) { v.now = opened.Add(maxAge + time.Millisecond) }, Expired},
		{"at the moment it was opened", func(v *visit, _ url.Values) { v.now = opened }, Quick},
		{"from the future", func(v *visit, _ url.Values) { v.now = opened.Add(-time.Second) }, Expired},
		{"a field that people do not see", func(_ *visit, values url.Values) { values.Set("more", "x") }, Trapped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := &queue{}
			v := enter(t, options(q))
			values := v.filled()
			tt.spoil(v, values)
			response := v.post(values)
			if v.last() != tt.want || (len(q.added) == 1) != (tt.want == Sent) {
				t.Errorf("%s, %d added, want %s", v.last(), len(q.added), tt.want)
			}
			if tt.want == Sent {
				return
			}
			text := body(t, response)
			if response.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, `value="Ada Example"`) {
				t.Fatalf("status %d; the answers are kept:\n%s", response.StatusCode, text)
			}
			values.Set("token", tokenOf(t, text))
			values.Del("more")
			v.now = v.now.Add(minAge)
			if v.post(values); v.last() != Sent {
				t.Errorf("sent again as the page says: %s", v.last())
			}
		})
	}
}

func TestNothingIsReadFromATokenThatIsNotOurs(t *testing.T) {
	ours := sealer{[]byte(strings.Repeat("k", keySize))}
	token := ours.seal(opened)
	if nonce, issued, ok := ours.open(token); !ok || !issued.Equal(opened) || len(nonce) != nonceSize {
		t.Errorf("ours: %x, %v, %t", nonce, issued, ok)
	}
	changed := []byte(token)
	changed[0] ^= 1
	for name, text := range map[string]string{
		"of another key": sealer{[]byte("other")}.seal(opened), "changed": string(changed), "cut": token[:40], "longer": token + "AAAA", "none": "", "no letters": "?",
	} {
		if nonce, issued, ok := ours.open(text); ok || nonce != nil || !issued.IsZero() {
			t.Errorf("%s: %x, %v, %t", name, nonce, issued, ok)
		}
	}
}

// A seal of one use is none of another, however the parts are divided.
func TestSealsAreOfOneUse(t *testing.T) {
	s := sealer{[]byte(strings.Repeat("k", keySize))}
	seals := map[string]bool{}
	for _, part := range [][2]string{{"form", "x"}, {"reference", "x"}, {"for", "mx"}, {"form", "y"}} {
		seals[string(s.mac(part[0], []byte(part[1])))] = true
	}
	if len(seals) != 4 {
		t.Errorf("%d seals of 4", len(seals))
	}
}

func TestFromOtherPages(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header map[string]string
		want   Event
	}{
		{"our own page", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://opt-out.example"}, Sent},
		{"our own page in an older browser", map[string]string{"Origin": "https://opt-out.example"}, Sent},
		{"no browser at all", nil, Sent},
		{"a page of others", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://other.example"}, CrossOrigin},
		{"a page of the same site", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "https://sub.opt-out.example"}, CrossOrigin},
		{"a page of others in an older browser", map[string]string{"Origin": "https://other.example"}, CrossOrigin},
		{"a page that hides its origin", map[string]string{"Origin": "null"}, CrossOrigin},
		{"the name that people know, behind a proxy", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://public.example"}, Sent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := &queue{}
			o := options(q)
			o.Origins = []string{"https://public.example"}
			v := enter(t, o)
			for name, value := range tt.header {
				v.header.Set(name, value)
			}
			response := v.post(v.filled())
			if v.last() != tt.want || (tt.want == CrossOrigin) != (response.StatusCode == http.StatusForbidden) {
				t.Errorf("%s, status %d, want %s", v.last(), response.StatusCode, tt.want)
			}
		})
	}
}

func TestBodiesThatAreNotForms(t *testing.T) {
	const cutOff = "a whole form, and the connection breaks"
	for _, tt := range []struct {
		name, media, encoding, body string
		status                      int
	}{
		{"JSON", "application/json", "", "{}", http.StatusUnsupportedMediaType},
		{"parts", "multipart/form-data; boundary=x", "", "--x--", http.StatusUnsupportedMediaType},
		{"no type", "", "", "name=a", http.StatusUnsupportedMediaType},
		{"compressed", "application/x-www-form-urlencoded", "gzip", "name=a", http.StatusUnsupportedMediaType},
		{"too large", "application/x-www-form-urlencoded", "", "name=" + strings.Repeat("a", maxBody), http.StatusRequestEntityTooLarge},
		{"cut off", "application/x-www-form-urlencoded", "", cutOff, http.StatusBadRequest},
		{"badly escaped", "application/x-www-form-urlencoded", "", "name=%zz", http.StatusBadRequest},
		{"a field twice", "application/x-www-form-urlencoded", "", "name=a&name=b", http.StatusBadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := &queue{}
			v := enter(t, options(q))
			from := io.Reader(strings.NewReader(tt.body))
			if tt.body == cutOff {
				from = io.MultiReader(strings.NewReader(v.filled().Encode()), iotest.ErrReader(io.ErrUnexpectedEOF))
			}
			r := httptest.NewRequest(http.MethodPost, Path, from)
			r.Header.Set("Content-Type", tt.media)
			if tt.encoding != "" {
				r.Header.Set("Content-Encoding", tt.encoding)
			}
			if response := v.ask(r); response.StatusCode != tt.status || v.last() != Malformed || len(q.added) > 0 {
				t.Errorf("status %d, %s, %d added, want %d", response.StatusCode, v.last(), len(q.added), tt.status)
			}
		})
	}
}

func TestTheLongestFormFits(t *testing.T) {
	q := &queue{}
	v := enter(t, options(q))
	long := func(n int) string { return strings.Repeat("ক", n) }
	v.post(v.filled("by", "DEPUTY", "name", long(consent.MaxRequestName), "rep_name", long(consent.MaxRequestName), "relationship", long(consent.MaxRequestRelationship),
		"evidence", long(consent.MaxRequestEvidence), "contact", long(consent.MaxRequestContact)))
	if v.last() != Sent {
		t.Error(v.last())
	}
}

func TestFloods(t *testing.T) {
	q := &queue{}
	v := enter(t, options(q))
	send := func() *http.Response {
		values := v.filled()
		v.now = v.now.Add(-time.Minute + minAge)
		return v.post(values)
	}
	for range 10 {
		if response := send(); response.StatusCode != http.StatusOK {
			t.Fatalf("status %d after %d requests", response.StatusCode, len(q.added))
		}
	}
	over := send()
	if over.StatusCode != http.StatusTooManyRequests || over.Header.Get("Retry-After") == "" || v.last() != Limited || len(q.added) != 10 {
		t.Errorf("the eleventh: status %d, %s, %d added", over.StatusCode, v.last(), len(q.added))
	}
	if text := body(t, over); !strings.Contains(text, "use paper or the phone") || strings.Contains(text, "<form") {
		t.Errorf("it does not say what to do:\n%s", text)
	}
	v.from = "192.0.2.2:1"
	if response := send(); response.StatusCode != http.StatusOK {
		t.Errorf("another address: %d", response.StatusCode)
	}
	v.from = "192.0.2.1:2000"
	v.now = v.now.Add(time.Hour)
	if response := send(); response.StatusCode != http.StatusOK {
		t.Errorf("an hour later: %d", response.StatusCode)
	}
}

func TestTriesAreCountedToo(t *testing.T) {
	v := enter(t, options(&queue{}))
	for i := range 31 {
		response := v.post(url.Values{})
		if limited := response.StatusCode == http.StatusTooManyRequests; limited != (i >= 30) {
			t.Fatalf("try %d: status %d", i+1, response.StatusCode)
		}
	}
	if response := v.get(Path); response.StatusCode != http.StatusOK || v.last() != Shown {
		t.Errorf("the page itself, which prints: %d, %s", response.StatusCode, v.last())
	}
}

func TestFloodsFromManyAddresses(t *testing.T) {
	q := &queue{}
	o := options(q)
	o.Limits = Limits{Requests: Rate{PerHour: 60, Burst: 5}, Addresses: 3}
	o.ClientHeader = "X-Forwarded-For"
	v := enter(t, o)
	for i := range 20 {
		v.header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100."+string(rune('0'+i%10)))
		v.post(v.filled("token", sealer{o.Key}.seal(v.now.Add(-minAge))))
		v.now = v.now.Add(-time.Minute)
	}
	if len(q.added) != 5 {
		t.Errorf("%d came to the queue, want the 5 that may at once", len(q.added))
	}
}

func TestAsManyAddressesAreRememberedAsAreSaid(t *testing.T) {
	for said, want := range map[int]int{0: 20, 3: 3} {
		l := newLimiter(Limits{Addresses: said})
		for i := range 20 {
			l.mayTry(network(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})), opened)
		}
		if got := l.addresses.Len(); got != want {
			t.Errorf("%d: %d are remembered", said, got)
		}
	}
}

func TestWhoseAddressCounts(t *testing.T) {
	for _, tt := range []struct{ name, believed, header, remote, want string }{
		{"the connection's", "", "203.0.113.9", "192.0.2.1:5", "192.0.2.1/32"},
		{"a header that is believed", "X-Forwarded-For", "203.0.113.9", "192.0.2.1:5", "203.0.113.9/32"},
		{"the last entry, which our proxy wrote", "X-Forwarded-For", "198.51.100.1, 203.0.113.9", "192.0.2.1:5", "203.0.113.9/32"},
		{"a proxy that writes the port", "X-Forwarded-For", "203.0.113.9:4711", "192.0.2.1:5", "203.0.113.9/32"},
		{"the port of a network", "X-Forwarded-For", "[2001:db8:1:2:3:4:5:6]:4711", "192.0.2.1:5", "2001:db8:1:2::/64"},
		{"brackets without a port", "X-Forwarded-For", "[2001:db8:1:2:3:4:5:6]", "192.0.2.1:5", "2001:db8:1:2::/64"},
		{"a header that cannot be read", "X-Forwarded-For", "nonsense", "192.0.2.1:5", "192.0.2.1/32"},
		{"a network of IPv6", "", "", "[2001:db8:1:2:3:4:5:6]:5", "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "", "", "[::ffff:192.0.2.1]:5", "192.0.2.1/32"},
		{"without a port", "", "", "192.0.2.1", "192.0.2.1/32"},
		{"nothing", "", "", "@", "invalid Prefix"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, Path, nil)
			r.RemoteAddr = tt.remote
			r.Header.Set("X-Forwarded-For", tt.header)
			if got := (&server{Options: Options{ClientHeader: tt.believed}}).address(r).String(); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestAQueueThatDoesNotTake(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		event  Event
		says   string
	}{
		{consent.ErrQueueFull, http.StatusTooManyRequests, Full, "use paper or the phone"},
		{consent.ErrUnavailable, http.StatusServiceUnavailable, Failed, "Send it again in a few minutes"},
		{errors.New("secret 10.0.0.1"), http.StatusServiceUnavailable, Failed, "Send it again in a few minutes"},
	} {
		var log bytes.Buffer
		o := options(&queue{err: tt.err})
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		v := enter(t, o)
		values := v.filled()
		response := v.post(values)
		text := body(t, response)
		if response.StatusCode != tt.status || v.last() != tt.event || !strings.Contains(text, tt.says) || strings.Contains(text, "secret") {
			t.Errorf("%v: status %d, %s\n%s", tt.err, response.StatusCode, v.last(), text)
		}
		if tt.event == Failed && tokenOf(t, text) != values.Get("token") {
			t.Error("sending it again may make a second request")
		}
		if said := log.String(); strings.Contains(said, tt.err.Error()) != (tt.event == Failed) || strings.Contains(said, "Ada") {
			t.Errorf("%v: the log says %q", tt.err, said)
		}
	}
}

func TestHeaders(t *testing.T) {
	v := enter(t, options(&queue{}))
	for name, response := range map[string]*http.Response{
		"form": v.get(Path), "errors": v.post(url.Values{}), "done": v.post(v.filled()), "none": v.get(Path + "/xx"), "asset": v.get(assets.path(".css")),
	} {
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		} {
			if got := response.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		if page := name != "none" && name != "asset"; page && (response.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
			response.Header.Get("Content-Language") != english || response.ContentLength != int64(len(body(t, response)))) {
			t.Errorf("%s: %v of %d", name, response.Header, response.ContentLength)
		}
		if got := response.Header.Get("Cache-Control"); (got == "no-store") == (name == "asset") {
			t.Errorf("%s: Cache-Control is %q", name, got)
		}
		if len(response.Cookies()) > 0 {
			t.Errorf("%s: a cookie", name)
		}
	}
	if response := v.ask(httptest.NewRequest(http.MethodPut, Path, nil)); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", response.StatusCode)
	}
	if response := v.get(Path + "/xx"); response.StatusCode != http.StatusNotFound {
		t.Errorf("a language that there is not: %d", response.StatusCode)
	}
	v.path, v.events = Path+"/xx", nil
	if response := v.post(v.filled()); response.StatusCode != http.StatusNotFound || v.last() != "" {
		t.Errorf("sent in a language that there is not: %d, %s", response.StatusCode, v.last())
	}
	v.header.Set("Sec-Fetch-Site", "cross-site")
	if response := v.post(v.filled()); response.StatusCode != http.StatusForbidden || response.Header.Get("Content-Language") != english {
		t.Errorf("from a page of others: %d in %s", response.StatusCode, response.Header.Get("Content-Language"))
	}
}

func TestOptionsThatCannotBeMeant(t *testing.T) {
	q := &queue{}
	for name, o := range map[string]Options{
		"no queue": {}, "a short key": {Add: q.add, Key: []byte("short")}, "no origin": {Add: q.add, Origins: []string{"opt-out.example/page"}},
	} {
		if _, err := Handler(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Handler(Options{Add: q.add}); err != nil {
		t.Error(err)
	}
}

// The least that the page can be given: it looks at the clock, and says to the process's own log what went wrong.
func TestNothingButAQueueIsNeeded(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	q := &queue{err: consent.ErrUnavailable}
	handler, err := Handler(Options{Add: q.add, Key: options(nil).Key})
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{t: t, handler: handler, options: options(nil), now: time.Now().Add(-time.Minute), from: "192.0.2.1:1", path: Path}
	if response := v.get(Path); response.StatusCode != http.StatusOK {
		t.Errorf("the page: %d", response.StatusCode)
	}
	if response := v.post(v.filled()); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(log.String(), "was not stored") {
		t.Errorf("sent: %d; the log says %q", response.StatusCode, log.String())
	}
}

func TestTheAgesAreThePolicys(t *testing.T) {
	o := options(&queue{})
	policy := *consent.Default()
	policy.OwnChoiceAge = 16
	o.Policy = &policy
	v := enter(t, o)
	text := body(t, v.post(v.filled("year", "2011")))
	if v.last() != Faulty || !strings.Contains(text, "The person is under 16.") || strings.Contains(text, "under 13") {
		t.Errorf("%s, for somebody of 15:\n%s", v.last(), text)
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes []string
		want    string // field and words' key, in the page's order
	}{
		{"nothing filled in", []string{"kind", "", "by", "", "name", "", "day", "", "month", "", "year", "", "postcode", "", "number", ""},
			"kind e_kind, by e_by, name e_name, day e_born, postcode e_postcode"},
		{"choices that are none", []string{"kind", "X", "by", "NEIGHBOUR"}, "kind e_kind, by e_by"},
		{"no day", []string{"day", ""}, "day e_born_part"},
		{"no month", []string{"month", ""}, "month e_born_part"},
		{"no year", []string{"year", ""}, "year e_born_part"},
		{"the day alone", []string{"month", "", "year", ""}, "month e_born_part"},
		{"the month alone", []string{"day", "", "year", ""}, "day e_born_part"},
		{"the year alone", []string{"day", "", "month", ""}, "day e_born_part"},
		{"30 February", []string{"day", "30"}, "day e_born_real"},
		{"a thirteenth month", []string{"month", "13"}, "day e_born_real"},
		{"a day too long", []string{"day", "003"}, "day e_born_real"},
		{"a month too long", []string{"month", "002"}, "day e_born_real"},
		{"a year too long", []string{"year", "01950"}, "day e_born_real"},
		{"the first day of 1880", []string{"day", "1", "month", "1", "year", "1880"}, ""},
		{"the day before", []string{"day", "31", "month", "12", "year", "1879"}, "day e_born_real"},
		{"a day of letters", []string{"day", "third"}, "day e_born_real"},
		{"a short year", []string{"year", "50"}, "day e_born_real"},
		{"a negative day", []string{"day", "-3"}, "day e_born_real"},
		{"today", []string{"day", "10", "month", "3", "year", "2026", "by", "PARENT", "rep_name", "R", "relationship", "mother"}, ""},
		{"tomorrow", []string{"day", "11", "month", "3", "year", "2026"}, "day e_born_past"},
		{"part of a postcode", []string{"postcode", "N1"}, "postcode e_postcode"},
		{"a wrong check digit", []string{"number", "9990000019"}, "number e_number"},
		{"no number", []string{"number", ""}, ""},
		{"oneself, with a representative", []string{"rep_name", "R"}, "rep_name e_self"},
		{"a parent who is not named", []string{"by", "PARENT", "year", "2020"}, "rep_name e_rep_name, relationship e_relationship"},
		{"a child alone", []string{"year", "2020"}, "by e_too_young"},
		{"a child alone whose contact is no text", []string{"year", "2020", "contact", "\xff"}, "by e_too_young, contact e_text"},
		{"on the 13th birthday alone", []string{"day", "10", "month", "3", "year", "2013"}, ""},
		{"a parent of a young person", []string{"by", "PARENT", "year", "2012", "rep_name", "R", "relationship", "mother"}, "evidence e_own_choice"},
		{"a parent of an adult", []string{"by", "PARENT", "rep_name", "R", "relationship", "mother"}, "by e_adult"},
		{"an attorney without papers", []string{"by", "ATTORNEY", "rep_name", "R", "relationship", "friend"}, "evidence e_evidence"},
		{"a long name", []string{"name", strings.Repeat("a", 201)}, "name e_long"},
		{"a NUL", []string{"name", "Ada\x00"}, "name e_text"},
		{"not text", []string{"contact", "\xff"}, "contact e_text"},
		{"writing turned round", []string{"contact", "a\u202eb"}, "contact e_text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := enter(t, options(&queue{}))
			f, ok := readForm(v.filled(tt.changes...))
			if !ok {
				t.Fatal("not read")
			}
			_, faults := f.request(consent.Default(), record.Today(opened))
			var got []string
			for _, fault := range faults {
				got = append(got, fault.field+" "+fault.key)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
