package auth

import "net/http"

// Require lets through whoever v knows, with the principal in the context, and
// hands everyone else to refuse with an error that is ErrUnauthenticated.
func Require(v *Verifier, next http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := v.request(r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), p)))
	})
}

func (v *Verifier) request(r *http.Request) (Principal, error) {
	authorization, err := FromRequest(r)
	if err != nil {
		return Principal{}, err
	}
	return v.Principal(authorization)
}

var (
	errSeveral = refusal("send one Authorization header, not several")
	errInURL   = refusal("a token in the address ends up in logs; send it in the Authorization header")
)

// FromRequest is the value of the request's one Authorization header, for
// Principal. Two headers could mean two people to two readers, and a token in
// the address is refused even beside a header (RFC 6750 section 2).
func FromRequest(r *http.Request) (string, error) {
	if r.URL.RawQuery != "" && r.URL.Query().Has("access_token") {
		return "", errInURL
	}
	switch values := r.Header["Authorization"]; len(values) {
	case 0:
		return "", errNoToken
	case 1:
		return values[0], nil
	}
	return "", errSeveral
}
