package receipt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	number   = "9990000018"
	document = "query Record($n: NHSNumber!) { patient(nhsNumber: $n) { id allergies { state } } }"
	sdl      = "type Query { patient: String }"
	data     = `{"patient":{"id":"p1","allergies":{"state":"RECORDED","complete":true,"nodes":[{"id":"a1","display":"Penicillin – anaphylaxis <1h"}]}}}`
)

var (
	secret = bytes.Repeat([]byte("s"), 32)
	issued = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
)

func signerOf(t testing.TB, seed byte) *Signer {
	t.Helper()
	s, err := NewSigner(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)), secret, sdl)
	if err != nil {
		t.Fatal(err)
	}
	s.Now = func() time.Time { return issued }
	return s
}

func keysOf(t testing.TB, s *Signer) Keys {
	t.Helper()
	keys, err := ParseKeys(s.KeySet())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func answerOf() Answer {
	return Answer{
		Document: document, Operation: "Record", Variables: map[string]any{"n": number}, Consent: []string{"policy 3", "7"}, Data: []byte(data),
		Errors:     []map[string]any{{"message": "Not now.", "path": []any{"patient", "document"}}},
		Extensions: map[string]any{"gaps": []map[string]string{{"sector": "GP", "reason": "TIMED_OUT"}}},
	}
}

// kept is the body of the answer as it is sent.
func sent(t testing.TB, s *Signer, a Answer) string {
	t.Helper()
	token, err := s.Sign(a)
	if err != nil {
		t.Fatal(err)
	}
	extensions := map[string]any{Extension: token}
	for name, value := range a.Extensions {
		extensions[name] = value
	}
	tail := map[string]any{"extensions": extensions}
	if a.Errors != nil {
		tail["errors"] = a.Errors
	}
	text, err := json.Marshal(tail)
	if err != nil {
		t.Fatal(err)
	}
	return `{"data":` + string(a.Data) + "," + string(text[1:])
}

// The hash of a document that is known already is the one that would be worked out, and
// stands nowhere where a keyed one is wanted.
func TestADocumentWhoseHashIsKnown(t *testing.T) {
	s, a := signerOf(t, 1), answerOf()
	for _, keyed := range []bool{false, true} {
		a.Keyed, a.Digest = keyed, ""
		body := sent(t, s, a)
		without, err := Verify([]byte(body), keysOf(t, s))
		if err != nil {
			t.Fatal(err)
		}
		a.Digest = digest([]byte(document))
		with, err := Verify([]byte(sent(t, s, a)), keysOf(t, s))
		if err != nil || (with.Document == without.Document) == keyed || keyed == strings.Contains(with.Document, a.Digest) {
			t.Errorf("keyed %t: %s, and %s where it is worked out, %v", keyed, with.Document, without.Document, err)
		}
	}
}

func TestAnAnswerAsItWasSent(t *testing.T) {
	s := signerOf(t, 1)
	body := sent(t, s, answerOf())
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(body), "", "\t"); err != nil {
		t.Fatal(err)
	}
	var loose any
	if err := json.Unmarshal([]byte(body), &loose); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(loose) // in another order, with other escapes
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"to the byte": body, "with white space": pretty.String(), "in another order": string(again), "with a byte order mark": "\ufeff" + body,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Verify([]byte(text), keysOf(t, s))
			if err != nil {
				t.Fatal(err)
			}
			if r.Operation != "Record" || !r.IssuedAt.Equal(issued) || r.ID == "" {
				t.Errorf("got %+v", r)
			}
			for what, err := range map[string]error{
				"document": r.CheckDocument([]byte(document), nil), "variables": r.CheckVariables([]byte(`{ "n": "9990000018" }`), secret),
				"consent": restsOn(r, "policy 3", "7"), "schema": isUnder(r, sdl),
			} {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func TestWhatTheReceiptIsNotFor(t *testing.T) {
	s := signerOf(t, 1)
	r, err := Verify([]byte(sent(t, s, answerOf())), keysOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"another document": r.CheckDocument([]byte(document+" "), nil), "other variables": r.CheckVariables([]byte(`{"n":"9990000026"}`), secret),
		"no variables": r.CheckVariables(nil, secret), "another secret": r.CheckVariables([]byte(`{"n":"9990000018"}`), []byte("guess")),
		"another consent": restsOn(r, "policy 3", "8"), "another schema": isUnder(r, sdl+"\n"),
	} {
		if !errors.Is(err, ErrOther) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

// Whoever asks what cannot be told is told so, and not that it is another.
func TestWhatCannotBeChecked(t *testing.T) {
	s := signerOf(t, 1)
	a := answerOf()
	a.Keyed = true
	r, err := Verify([]byte(sent(t, s, a)), keysOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	for says, err := range map[string]error{
		"needs the secret":        r.CheckDocument([]byte(document), nil),
		"the secret of the":       r.CheckVariables([]byte(`{"n":"9990000018"}`), nil),
		"the variables: ":         r.CheckVariables([]byte(`{"n":`), secret),
		"consent is not one line": restsOn(r, "policy 3\n7"),
	} {
		if err == nil || errors.Is(err, ErrOther) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

// restsOn says whether an answer rested on these versions of consent.
func restsOn(r Receipt, versions ...string) error {
	hash, err := consentHash(versions, newKey(secret, r.ID, "consent"))
	if err == nil && hash != r.Consent {
		err = ErrOther
	}
	return err
}

// isUnder says whether an answer was given under a schema.
func isUnder(r Receipt, sdl string) error {
	if digest([]byte(sdl)) != r.Schema {
		return ErrOther
	}
	return nil
}

func TestWhatWasChanged(t *testing.T) {
	s := signerOf(t, 1)
	body := sent(t, s, answerOf())
	token := body[strings.Index(body, `"receipt":"`)+11:]
	token = token[:strings.Index(token, `"`)]
	head, claims, signature := split(token)
	other := sent(t, s, Answer{Document: document, Data: []byte(`{"patient":null}`)})
	otherToken, _, _ := strings.Cut(other[strings.Index(other, `"receipt":"`)+11:], `"`)
	forged := func(header map[string]any, method jwt.SigningMethod, key any) string {
		t := &jwt.Token{Method: method, Header: header, Claims: jwt.MapClaims{"data": strings.Repeat("0", 64), "iat": issued.Unix()}}
		out, _ := t.SignedString(key)
		return out
	}
	public := s.key.Public().(ed25519.PublicKey)
	replace := func(old, new string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("the answer has no %s", old)
		}
		return strings.Replace(body, old, new, 1)
	}
	tests := []struct {
		name, body string
		is         error
		says       string
	}{
		{"a word of data", replace("Penicillin", "penicillin"), ErrChanged, "data"},
		{"a member left out of data", replace(`"complete":true,`, ``), ErrChanged, "data"},
		{"a member added to data", replace(`"complete":true,`, `"complete":true,"x":null,`), ErrChanged, "data"},
		{"true for false", replace(`"complete":true`, `"complete":false`), ErrChanged, "data"},
		{"an error left out", replace(`"message":"Not now."`, `"message":"Never."`), ErrChanged, "beside"},
		{"a gap left out", replace(`{"reason":"TIMED_OUT","sector":"GP"}`, ``), ErrChanged, "beside"},
		{"something added beside data", replace(`{"data"`, `{"note":"checked","data"`), ErrChanged, "beside"},
		{"data twice", replace(`{"data"`, `{"data":{"patient":null},"data"`), ErrUnreadable, "twice"},
		{"data twice under an escape", replace(`{"data"`, `{"d\u0061ta":{"patient":null},"data"`), ErrUnreadable, "twice"},
		{"DATA beside data", replace(`{"data"`, `{"DATA":{"patient":null},"data"`), ErrChanged, "beside"},
		{"the first half", body[:len(body)/2], ErrUnreadable, "too early"},
		{"data alone", data, ErrNoReceipt, ""},
		{"an empty receipt", replace(token, ""), ErrNoReceipt, ""},
		{"a receipt that is no text", replace(`"receipt":"`+token+`"`, `"receipt":7`), ErrNoReceipt, ""},
		{"null", "null", ErrUnreadable, "whole body"},
		{"a list", "[" + body + "]", ErrUnreadable, "whole body"},
		{"nothing", "", ErrUnreadable, ""},
		{"no data", `{"extensions":{"receipt":"` + token + `"}}`, ErrUnreadable, "no data"},
		{"the receipt of another answer", replace(token, otherToken), ErrChanged, "data"},
		{"a receipt without its signature", replace(token, head+"."+claims), ErrNotOurs, "cut short"},
		{"a receipt with an empty signature", replace(token, head+"."+claims+"."), ErrNotOurs, "signature"},
		{"a signature cut short", replace(token, token[:len(token)-4]), ErrNotOurs, "signature"},
		{"another encoding of the signature", replace(signature, lastBit(signature)), ErrNotOurs, "signature"},
		{"a line end in the signature", replace(signature, signature[:10]+`\n`+signature[10:]), ErrNotOurs, "signature"},
		{"claims that are not encoded", replace(token, signedAs(s, head, "{}")), ErrNotOurs, "encoded"},
		{"claims without a time", replace(token, signedAs(s, head, encoded(`{"data":"00"}`))), ErrNotOurs, "say"},
		{"claims of another kind", replace(token, signedAs(s, head, encoded(`{"iat":1,"data":7}`))), ErrNotOurs, "say"},
		{"claims that are no JSON", replace(token, signedAs(s, head, encoded(`{"iat":1`))), ErrNotOurs, "say"},
		{"a padded signature", replace(token, token+"=="), ErrNotOurs, "signature"},
		{"a changed claim", replace(claims, claims[:40]+flip(claims[40])+claims[41:]), ErrNotOurs, "signature"},
		{"an algorithm of none", replace(token, forged(map[string]any{"alg": "none", "kid": s.kid, "typ": "receipt+jwt"}, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)), ErrNotOurs, "key"},
		{"the public key as a secret", replace(token, forged(map[string]any{"alg": "HS256", "kid": s.kid, "typ": "receipt+jwt"}, jwt.SigningMethodHS256, []byte(public))), ErrNotOurs, "key"},
		{"a token of another type", replace(token, forged(map[string]any{"alg": "EdDSA", "kid": s.kid, "typ": "at+jwt"}, jwt.SigningMethodEdDSA, s.key)), ErrNotOurs, "key"},
		{"a header that asks for more", replace(token, forged(map[string]any{"alg": "EdDSA", "kid": s.kid, "typ": "receipt+jwt", "crit": []string{"b64"}}, jwt.SigningMethodEdDSA, s.key)), ErrNotOurs, "key"},
		{"a key under a name that is ours", replace(token, forged(header(s.kid), jwt.SigningMethodEdDSA, signerOf(t, 2).key)), ErrNotOurs, "signature"},
		{"a key that is not known", sent(t, signerOf(t, 2), answerOf()), ErrNotOurs, "key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Verify([]byte(test.body), keysOf(t, s))
			if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), number) {
				t.Errorf("the error holds the number: %v", err)
			}
		})
	}
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// signedAs is a token that the signer's key signed, whatever it says.
func signedAs(s *Signer, head, body string) string {
	return head + "." + body + "." + encoded(string(ed25519.Sign(s.key, []byte(head+"."+body))))
}

func split(token string) (head, claims, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}

func flip(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
}

// lastBit changes the last character to one that a lax reader takes for the same.
func lastBit(text string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	at := strings.IndexByte(letters, text[len(text)-1])
	return text[:len(text)-1] + string(letters[at^1])
}

// Every byte of data matters, whatever stands there.
func TestEveryByteOfDataMatters(t *testing.T) {
	s := signerOf(t, 1)
	body := []byte(sent(t, s, answerOf()))
	keys := keysOf(t, s)
	for at := len(`{"data":`); at < len(`{"data":`)+len(data); at++ {
		for _, b := range []byte{'0', 'x', '"', ' ', body[at] ^ 1} {
			changed := slices.Clone(body)
			if changed[at] = b; b == body[at] {
				continue
			}
			if _, err := Verify(changed, keys); err == nil {
				t.Fatalf("byte %d may be %q", at, b)
			}
		}
	}
}

// Nothing can be learnt from two receipts beside what they are receipts of.
func TestReceiptsTellNothing(t *testing.T) {
	s := signerOf(t, 1)
	a := answerOf()
	a.Keyed, a.Document = true, `{ patient(nhsNumber: "9990000018") { id } }`
	var receipts [2]Receipt
	for i := range receipts {
		body := sent(t, s, a)
		if strings.Contains(body, number) {
			t.Error("the receipt holds the number")
		}
		var err error
		if receipts[i], err = Verify([]byte(body), keysOf(t, s)); err != nil {
			t.Fatal(err)
		}
	}
	r, o := receipts[0], receipts[1]
	if r.ID == o.ID || r.Document == o.Document || r.Variables == o.Variables || r.Consent == o.Consent {
		t.Errorf("two receipts are alike:\n%+v\n%+v", r, o)
	}
	if err := r.CheckDocument([]byte(a.Document), nil); err == nil {
		t.Error("a document with a number in it can be checked without the secret")
	}
	if err := r.CheckDocument([]byte(a.Document), secret); err != nil {
		t.Error(err)
	}
}

func TestAnswersWithoutOneMeaningAreNotSigned(t *testing.T) {
	for _, bad := range []string{`{"a":1,"a":2}`, `{"a":"` + "\xff" + `"}`, `{"a":`, ``} {
		if token, err := signerOf(t, 1).Sign(Answer{Document: document, Data: []byte(bad)}); err == nil {
			t.Errorf("%q was signed: %s", bad, token)
		}
	}
}

// What cannot be put in words that mean one thing is not signed, wherever it stands.
func TestWhatIsNotSigned(t *testing.T) {
	for says, change := range map[string]func(*Answer){
		"the variables of an answer: json: ":                 func(a *Answer) { a.Variables["n"] = math.Inf(1) },
		"the variables of an answer: the number":             func(a *Answer) { a.Variables["n"] = json.Number("1e999") },
		"consent is not one line":                            func(a *Answer) { a.Consent = []string{"policy 3\n7"} },
		"the errors and extensions of an answer: json: ":     func(a *Answer) { a.Errors = []any{math.NaN()} },
		"the errors and extensions of an answer: json: unsu": func(a *Answer) { a.Extensions["gaps"] = func() {} },
		"the errors and extensions of an answer: the number": func(a *Answer) { a.Extensions["gaps"] = json.Number("1e999") },
	} {
		a := answerOf()
		change(&a)
		if token, err := signerOf(t, 1).Sign(a); token != "" || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %q and %v, want %q", token, err, says)
		}
	}
}

// A receipt is of the moment unless a test says otherwise.
func TestWhenAReceiptIsOf(t *testing.T) {
	s := signerOf(t, 1)
	s.Now = nil
	before := time.Now().Truncate(time.Second)
	r, err := Verify([]byte(sent(t, s, answerOf())), keysOf(t, s))
	if err != nil || r.IssuedAt.Before(before) || r.IssuedAt.After(time.Now()) {
		t.Errorf("issued at %s, asked at %s: %v", r.IssuedAt, before, err)
	}
}

func TestVariablesAreHashedByWhatTheyMean(t *testing.T) {
	s := signerOf(t, 1)
	a := Answer{Document: document, Data: []byte(data), Variables: map[string]any{"first": int64(5), "ratio": json.Number("1e2"), "none": nil}}
	r, err := Verify([]byte(sent(t, s, a)), keysOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.CheckVariables([]byte(`{"none":null,"ratio":100.0,"first":5.0}`), secret); err != nil {
		t.Error(err)
	}
	a.Variables = nil
	if r, err = Verify([]byte(sent(t, s, a)), keysOf(t, s)); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{"", "null", "{ }"} {
		if err := r.CheckVariables([]byte(none), secret); err != nil {
			t.Errorf("%q: %v", none, err)
		}
	}
}

func TestOldKeysStillVerify(t *testing.T) {
	old, current := signerOf(t, 1), signerOf(t, 2)
	var sets [2]struct{ Keys []json.RawMessage }
	for i, s := range []*Signer{old, current} {
		if err := json.Unmarshal(s.KeySet(), &sets[i]); err != nil {
			t.Fatal(err)
		}
	}
	both, _ := json.Marshal(map[string]any{"keys": append(sets[0].Keys, sets[1].Keys...)})
	keys, err := ParseKeys(both)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Signer{old, current} {
		if _, err := Verify([]byte(sent(t, s, answerOf())), keys); err != nil {
			t.Error(err)
		}
	}
}

func TestKeysThatMayNotBeUsed(t *testing.T) {
	x := base64.RawURLEncoding.EncodeToString(signerOf(t, 1).key.Public().(ed25519.PublicKey))
	key := func(more string) string { return `{"kty":"OKP","crv":"Ed25519","x":"` + x + `"` + more + `}` }
	for name, set := range map[string]string{
		"no kid": key(``), "a private key": key(`,"kid":"a","d":"AAAA"`), "a kid twice": key(`,"kid":"a"`) + "," + key(`,"kid":"a"`),
		"no Ed25519 key": `{"kty":"EC","crv":"P-384","kid":"a"}`, "none": ``, "a short key": `{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AAAA"}`,
	} {
		if keys, err := ParseKeys([]byte(`{"keys":[` + set + `]}`)); err == nil {
			t.Errorf("%s: got %d keys", name, len(keys))
		}
	}
}

// A set may hold keys for other things, which verify no receipt.
func TestKeysForOtherThings(t *testing.T) {
	s := signerOf(t, 1)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	other := fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":"e","x":%q,"y":%q}`, encoded(string(point[1:33])), encoded(string(point[33:])))
	ours, _, _ := strings.Cut(string(s.KeySet()[strings.IndexByte(string(s.KeySet()), '[')+1:]), "]")
	keys, err := ParseKeys([]byte(`{"keys":[` + other + `,` + ours + `]}`))
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys: %v", len(keys), err)
	}
	if _, err := Verify([]byte(sent(t, s, answerOf())), keys); err != nil {
		t.Error(err)
	}
	for says, set := range map[string]string{
		"no Ed25519 key": `{"keys":[` + other + `]}`,
		"the key set":    `{"keys":[` + ours + `,7]}`,
		"no list":        `{"KEYS":[` + ours + `]}`,
	} {
		if keys, err := ParseKeys([]byte(set)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %d keys and %v, want %q", len(keys), err, says)
		}
	}
	// What one reader checks is what the other takes.
	if keys, err := ParseKeys([]byte(`{"keys":[` + ours + `],"KEYS":[` + other + `]}`)); err != nil || len(keys) != 1 {
		t.Errorf("%d keys: %v", len(keys), err)
	}
}

// What is no key by itself is none, whoever has looked at it before.
func TestNoKeyOfOurs(t *testing.T) {
	x := encoded(string(signerOf(t, 1).key.Public().(ed25519.PublicKey)))
	for _, x := range []any{nil, 7, "", "AAAA", x + "!", x + "AAAA"} {
		if key, err := parseKey(map[string]any{"kid": "a", "x": x}); err == nil {
			t.Errorf("%v is the key %x", x, key.public)
		}
	}
}

func TestParseKey(t *testing.T) {
	key := signerOf(t, 1).key
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil || !read.Equal(key) {
		t.Errorf("got %v", err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalPKCS8PrivateKey(other); err != nil {
		t.Fatal(err)
	}
	for bad, says := range map[string]string{
		"": "PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n": "not a PKCS 8 private key",
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})): "not an Ed25519 key",
	} {
		if _, err := ParseKey([]byte(bad)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: got %v, want %q", bad, err, says)
		}
	}
	if _, err := NewSigner(key[:63], secret, sdl); err == nil {
		t.Error("half a key will do")
	}
	if _, err := NewSigner(key, secret[:31], sdl); err == nil {
		t.Error("a short secret will do")
	}
}

// FuzzVerify changes an answer wherever the fuzzer likes: what still verifies means
// the same as what was sent.
func FuzzVerify(f *testing.F) {
	s := signerOf(f, 1)
	body := sent(f, s, answerOf())
	keys := keysOf(f, s)
	want, err := Canonical(nil, []byte(body))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(9), uint16(0), []byte(" "))
	f.Add(uint16(20), uint16(3), []byte(`\u0061`))
	f.Add(uint16(8), uint16(0), []byte(`{"patient":null},"data":`))
	f.Add(uint16(len(body)-60), uint16(1), []byte("A"))
	f.Add(uint16(0), uint16(len(body)), []byte(`{"data":null,"extensions":{"receipt":"a.b.c"}}`))
	f.Fuzz(func(t *testing.T, at, cut uint16, put []byte) {
		from := min(int(at), len(body))
		to := min(from+int(cut), len(body))
		changed := body[:from] + string(put) + body[to:]
		if _, err := Verify([]byte(changed), keys); err != nil {
			return
		}
		got, err := Canonical(nil, []byte(strings.TrimPrefix(changed, "\ufeff")))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("verifies, but is not what was sent: %s", changed)
		}
	})
}

func ExampleVerify() {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	signer, _ := NewSigner(key, secret, sdl)
	token, _ := signer.Sign(Answer{Document: "{ a }", Data: []byte(`{"a":1}`)})
	keys, _ := ParseKeys(signer.KeySet())
	_, err := Verify([]byte(`{"data":{"a":2},"extensions":{"receipt":"`+token+`"}}`), keys)
	fmt.Println(err)
	// Output: the answer is not what was sent: its data was changed
}
